// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/finding/bounce_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>

#include "schemas/model/swiotlb.hpp"

namespace descry {

namespace {

constexpr std::int64_t kMiB = 1 << 20, kGiB = 1 << 30;
constexpr std::int64_t kSegmentSlots = 128;  // IO_TLB_SEGSIZE
constexpr std::int64_t kDefaultBytes = 64 * kMiB, kDefaultSlots = kDefaultBytes / kSwiotlbSlotBytes;
constexpr std::int64_t kMostOfMemory = 4;  // a pool of more than a quarter of the memory leaves too little

std::int64_t roundedUp(std::int64_t value, std::int64_t unit) {
  return (value + unit - 1) / unit * unit;
}

std::int64_t powerOfTwo(std::int64_t value) {
  return static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(value)));
}

/// Linux 6.0 split the pool into areas, and rounds it up to a power of two for that. A kernel that is not known is new.
bool hasAreas(std::string_view kernel) {
  int major = 6;
  // A release, "6.1.0-13-amd64", or what names it too: "Linux host 6.1.0-13-amd64 x86_64".
  const std::size_t digit = kernel.find_first_of("0123456789");
  if (digit != std::string_view::npos) std::from_chars(kernel.data() + digit, kernel.data() + kernel.size(), major);
  return major >= 6;
}

/// As people and kernel logs write it: "64 MiB", "983 MiB".
std::string sizeText(std::int64_t slots) {
  return fmt::format("{} MiB", slots * kSwiotlbSlotBytes / kMiB);
}

BouncePool sized(std::int64_t slots, std::string_view kernel, std::string why) {
  slots = roundedUp(slots, kSegmentSlots);
  return {hasAreas(kernel) ? powerOfTwo(slots) : slots, std::move(why)};
}

}  // namespace

BounceGuest bounceGuestOf(const Evidence& evidence) {
  BounceGuest guest;
  const auto take = [&](std::string_view column, std::optional<std::int64_t>& target) {
    if (evidence.known(column)) target = evidence.integer(column);
  };
  take("pool_slots", guest.poolSlots);
  take("option_slots", guest.optionSlots);
  take("memory_bytes", guest.memoryBytes);
  const std::string protection = evidence.text("protection");
  if (!protection.empty())
    guest.protection = protection == "x86"    ? BounceGuest::Protection::X86
                       : protection == "s390" ? BounceGuest::Protection::S390
                                              : BounceGuest::Protection::None;
  guest.kernel = evidence.text("kernel");
  return guest;
}

std::optional<BouncePool> poolOf(const BounceGuest& guest) {
  if (guest.poolSlots) return BouncePool{*guest.poolSlots, "as the guest says"};
  // The kernel takes the default, when given, for not given.
  if (guest.optionSlots && *guest.optionSlots != kDefaultSlots)
    return sized(*guest.optionSlots, guest.kernel, fmt::format("set by swiotlb={}", *guest.optionSlots));
  if (guest.protection == BounceGuest::Protection::X86) {
    if (!guest.memoryBytes) return {};
    const std::int64_t bytes = std::clamp(*guest.memoryBytes * 6 / 100, kDefaultBytes, kGiB);
    return sized(roundedUp(bytes, kSwiotlbSlotBytes) / kSwiotlbSlotBytes, guest.kernel,
                 "6 % of the memory, as SEV and TDX guests have it by default");
  }
  return BouncePool{kDefaultSlots, "the default"};
}

std::string PoolAdvice::action() const {
  return option.empty() ? "Give the guest more memory, or let it have fewer requests in flight"
                        : "Boot the guest with a larger pool: " + option;
}

PoolAdvice largerPool(const BounceGuest& guest, std::int64_t slotsInUse) {
  const auto pool = poolOf(guest);
  // Where the memory of a protected guest is not known, its pool may be as large as the default ever gets.
  const std::int64_t now = pool ? pool->slots : kGiB / kSwiotlbSlotBytes;
  std::int64_t slots = std::max(2 * powerOfTwo(now), powerOfTwo(2 * slotsInUse));
  if (guest.memoryBytes && slots * kSwiotlbSlotBytes > *guest.memoryBytes / kMostOfMemory) {
    slots = powerOfTwo(*guest.memoryBytes / kMostOfMemory / kSwiotlbSlotBytes + 1) / 2;
    if (slots <= now)
      return {"", fmt::format("The pool has {} ({}): more would leave the guest too little memory. Give the guest more "
                              "memory, or let it have fewer requests in flight.",
                              sizeText(now), pool ? pool->why : "at most")};
  }
  PoolAdvice advice{fmt::format("swiotlb={}", slots), ""};
  advice.text =
      fmt::format("Boot the guest with '{}' ({} slots of 2 KiB, {}). ", advice.option, slots, sizeText(slots));
  advice.text += pool ? fmt::format("It replaces the pool of {} ({}).", sizeText(now), pool->why)
                      : fmt::format(
                            "It replaces the default of a protected guest, 6 % of its memory and at most {}: a "
                            "smaller number can make the pool smaller. Look first: 'dmesg | grep \"software IO "
                            "TLB\"'.",
                            sizeText(now));
  if (!hasAreas(guest.kernel)) advice.text += " Linux 6.0 or later splits the lock of the pool as well.";
  return advice;
}

}  // namespace descry
