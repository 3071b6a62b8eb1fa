// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/decode/descry_records.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <span>
#include <string_view>

namespace descry {
namespace {

constexpr std::uint64_t kUsed = 0x5'0000'9000;

/// Of position 0x1'0002, and of the next one.
struct TwoUsed {
  descry_host_used record{};
  std::array<descry_used_chain, 2> chains{};
};

TwoUsed twoUsed() {
  TwoUsed used;
  used.record.header.type = Descry_host_used;
  used.record.header.ns = kUsed;
  used.record.vq = 0xffff'8880'0123'4000;
  used.record.first_position = 0x1'0002;
  used.record.epoch = 2;
  used.record.count = 2;
  used.chains[0].tried_fetched = 0x3000 | 0x4000ULL << 32U;
  used.chains[0].kick_entered = 0x1000 | 0x2000ULL << 32U;
  used.chains[0].arrived_len = 0 | 1526ULL << 32U;
  used.chains[0].counts = 7 | 2ULL << 16U | 0ULL << 24U | 3ULL << 32U | 1ULL << 40U | 9ULL << 48U | 32ULL << 56U;
  used.chains[1].tried_fetched = 0xffff'fff0ULL << 32U;
  used.chains[1].counts = 8 | 0xffffULL << 16U;
  return used;
}

TEST(DescryRecords, ChainsThatOneCallGaveBackBecomeTheHalvesThatTheyStandFor) {
  const TwoUsed used = twoUsed();
  const descry_host_half whole = halfOf(used.record, 0, used.chains[0]);
  EXPECT_EQ(whole.header.type, std::uint32_t{Descry_host_half});
  EXPECT_EQ(whole.header.ns, kUsed);
  EXPECT_EQ(whole.vq, used.record.vq);
  EXPECT_EQ(whole.position, 0x1'0002);
  EXPECT_EQ(whole.kick, 0x5'0000'1000U);
  EXPECT_EQ(whole.entered, 0x5'0000'2000U);
  EXPECT_EQ(whole.tried, 0x5'0000'3000U);
  EXPECT_EQ(whole.fetched, 0x5'0000'4000U);
  EXPECT_EQ(whole.used, kUsed);
  EXPECT_EQ(whole.arrived, 0U) << "a time that was not seen";
  EXPECT_EQ(whole.len, 1526);
  EXPECT_EQ(whole.head, 7U);
  EXPECT_EQ(whole.epoch, 2U);
  EXPECT_EQ(whole.out, 2);
  EXPECT_EQ(whole.in, 0);
  EXPECT_EQ(whole.misses, 3U);
  EXPECT_EQ(whole.retries, 1U);
  EXPECT_EQ(whole.hits, 9U);
  EXPECT_EQ(whole.flags, 32U);
  EXPECT_EQ(halfOf(used.record, 1, used.chains[1]).position, 0x1'0003);
}

TEST(DescryRecords, ATimeIsTheLastOneBeforeTheUsedOne) {
  const TwoUsed used = twoUsed();
  EXPECT_EQ(halfOf(used.record, 1, used.chains[1]).fetched, 0x4'ffff'fff0U);
}

TEST(DescryRecords, CountsThatWereNotReadAreUnknown) {
  const TwoUsed used = twoUsed();
  EXPECT_EQ(halfOf(used.record, 1, used.chains[1]).out, -1);
  EXPECT_EQ(halfOf(used.record, 1, used.chains[1]).in, -1);
}

TEST(DescryRecords, TheChainsFollowTheirRecord) {
  const TwoUsed used = twoUsed();
  EXPECT_EQ(recordBytes(std::as_bytes(std::span(&used, 1)).data()), sizeof used);
}

/// Two narrow fields that share a word, as machines of both byte orders write them.
TEST(DescryRecords, NarrowFieldsAreReadInTheByteOrderOfTheirWriter) {
  const RecordShape& shape = *recordOfType(Descry_host_used);
  const auto named = [&shape](std::string_view name) {
    return *std::ranges::find(shape.fields, name, &RecordField::name);
  };
  const auto little = [](std::size_t at) { return at == 5 ? 7 | 2ULL << 32U : std::uint64_t{at}; };
  const auto big = [](std::size_t at) { return at == 5 ? 2 | 7ULL << 32U : std::uint64_t{at}; };
  EXPECT_EQ(fieldOf(named("epoch"), std::endian::little, little), 7U);
  EXPECT_EQ(fieldOf(named("count"), std::endian::little, little), 2U);
  EXPECT_EQ(fieldOf(named("epoch"), std::endian::big, big), 7U);
  EXPECT_EQ(fieldOf(named("count"), std::endian::big, big), 2U);
  EXPECT_EQ(fieldOf(named("vq"), std::endian::big, big), 3U) << "behind a header of three words";
  EXPECT_NE(recordLayout(std::endian::big), recordLayout(std::endian::little));
}

}  // namespace
}  // namespace descry
