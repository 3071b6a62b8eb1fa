// SPDX-License-Identifier: GPL-2.0-or-later
// Twelve guests: the numbers are worked out by hand from kernel/dma/swiotlb.c and arch/x86/mm/mem_encrypt.c of Linux.
#include "analyzer/finding/bounce_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descry {
namespace {

using Protection = BounceGuest::Protection;
using testing::HasSubstr;

constexpr std::int64_t kGiB = 1 << 30;

struct Guest {
  std::int64_t gibibytes;
  Protection protection;
  const char* kernel;
  std::int64_t pool;   ///< slots
  const char* option;  ///< the smallest larger pool that fits
};

class TwelveGuests : public testing::TestWithParam<Guest> {};

TEST_P(TwelveGuests, HaveThePoolThatLinuxGivesThem) {
  const Guest& guest = GetParam();
  BounceGuest facts;
  facts.memoryBytes = guest.gibibytes * kGiB;
  facts.protection = guest.protection;
  facts.kernel = guest.kernel;
  const auto pool = poolOf(facts);
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->slots, guest.pool);
  EXPECT_EQ(largerPool(facts, 0).option, guest.option);
}

// 6 % of 2 GiB is 128,849,018 bytes, 62,915 slots, in segments of 128: 62,976 slots; a power of two since 6.0: 65,536.
// Of 8 GiB: 251,659 slots, 251,776, 262,144. Of 16 GiB: 503,317, 503,424, 524,288. Of 64 GiB: 3.84 GiB, so 1 GiB.
// Of 2 GiB a quarter may be pool, 262,144 slots.
INSTANTIATE_TEST_SUITE_P(, TwelveGuests,
                         testing::Values(Guest{2, Protection::None, "6.1.0-13-amd64", 32768, "swiotlb=65536"},
                                         Guest{8, Protection::None, "6.12.9", 32768, "swiotlb=65536"},
                                         Guest{16, Protection::None, "5.10.0-28-amd64", 32768, "swiotlb=65536"},
                                         Guest{64, Protection::None, "6.1.0", 32768, "swiotlb=65536"},
                                         Guest{2, Protection::X86, "6.1.0-13-amd64", 65536, "swiotlb=131072"},
                                         Guest{8, Protection::X86, "6.8.0-31-generic", 262144, "swiotlb=524288"},
                                         Guest{16, Protection::X86, "5.15.0-91-generic", 503424, "swiotlb=1048576"},
                                         Guest{64, Protection::X86, "6.12.9", 524288, "swiotlb=1048576"},
                                         Guest{2, Protection::S390, "6.1.0-13-s390x", 32768, "swiotlb=65536"},
                                         Guest{8, Protection::S390, "6.12.9", 32768, "swiotlb=65536"},
                                         Guest{16, Protection::S390, "5.10.0", 32768, "swiotlb=65536"},
                                         Guest{64, Protection::S390, "6.1.0", 32768, "swiotlb=65536"}));

TEST(BouncePool, IsWhatTheGuestSaysWhereItSaysSo) {
  BounceGuest guest;
  guest.protection = Protection::X86;
  guest.poolSlots = 131072;
  EXPECT_EQ(poolOf(guest)->slots, 131072);
  EXPECT_EQ(largerPool(guest, 0).option, "swiotlb=262144");
}

TEST(BouncePool, AnOptionReplacesTheDefaultOfAProtectedGuest) {
  BounceGuest guest;
  guest.protection = Protection::X86;
  guest.memoryBytes = 16 * kGiB;
  guest.kernel = "6.1.0";
  guest.optionSlots = 131072;
  EXPECT_EQ(poolOf(guest)->slots, 131072);  // 256 MiB instead of 1 GiB
  EXPECT_EQ(poolOf(guest)->why, "set by swiotlb=131072");
  // The number of the default counts as no number.
  guest.optionSlots = 32768;
  EXPECT_EQ(poolOf(guest)->slots, 524288);
}

TEST(BouncePool, ADeviceThatHoldsMuchGetsTwiceThat) {
  EXPECT_EQ(largerPool({}, 40000).option, "swiotlb=131072");
}

TEST(BouncePool, NothingIsAdvisedThatTheMemoryCannotHold) {
  BounceGuest guest;
  guest.poolSlots = 131072;  // 256 MiB
  guest.memoryBytes = kGiB;  // a quarter is 256 MiB
  EXPECT_EQ(largerPool(guest, 0).option, "");
  EXPECT_THAT(largerPool(guest, 0).text, HasSubstr("Give the guest more memory"));
}

TEST(BouncePool, SaysWhatItDoesNotKnow) {
  BounceGuest guest;
  guest.protection = Protection::X86;
  EXPECT_FALSE(poolOf(guest));
  EXPECT_EQ(largerPool(guest, 0).option, "swiotlb=1048576");
  EXPECT_THAT(largerPool(guest, 0).text, HasSubstr("a smaller number can make the pool smaller"));
}

}  // namespace
}  // namespace descry
