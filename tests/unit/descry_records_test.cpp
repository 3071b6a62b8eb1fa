// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/decode/descry_records.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace descry {
namespace {

/// As a reader of a trace gets it: numbers in the order of the shape's fields.
Record read(std::uint32_t type, const std::uint64_t* number) {
  Batch batch;
  Record& record = batch.records.emplace_back(recordOf(DescryHeader{.type = type}));
  for (const RecordField& field : recordOfType(type)->fields) setField(record, field, *number++);
  acceptRecord(*recordOfType(type), batch);
  return batch.records.back();
}

descry_host_half_short shortHalf() {
  descry_host_half_short half{};
  half.header.type = Descry_host_half_short;
  half.header.ns = 0x5'0000'9000;
  half.vq = 0xffff'8880'0123'4000;
  half.position = 0x1'0002;
  half.kick_entered = 0x1000 | 0x2000ULL << 32U;
  half.tried_fetched = 0x3000 | 0x4000ULL << 32U;
  half.arrived_len = 0 | 1526ULL << 32U;
  half.head_epoch = 7 | 2ULL << 32U;
  half.counts = 2 | 0ULL << 16U | 3ULL << 32U | 1ULL << 40U | 9ULL << 48U | 32ULL << 56U;
  return half;
}

TEST(DescryRecords, AShortHalfBecomesTheWholeOneThatItStandsFor) {
  const descry_host_half_short half = shortHalf();
  std::array<std::uint64_t, kMostNumbersOfARecord> numbers{};
  ASSERT_EQ(putNumbers(std::as_bytes(std::span(&half, 1)), numbers.data()), 9U);
  EXPECT_EQ(numbers[0], std::uint64_t{Descry_host_half_short});
  const Record record = read(Descry_host_half_short, &numbers[1]);
  const auto& whole = recordAs<descry_host_half>(record);
  EXPECT_EQ(whole.header.type, std::uint32_t{Descry_host_half});
  EXPECT_EQ(whole.vq, half.vq);
  EXPECT_EQ(whole.position, 0x1'0002);
  EXPECT_EQ(whole.kick, 0x5'0000'1000U);
  EXPECT_EQ(whole.entered, 0x5'0000'2000U);
  EXPECT_EQ(whole.tried, 0x5'0000'3000U);
  EXPECT_EQ(whole.fetched, 0x5'0000'4000U);
  EXPECT_EQ(whole.used, 0x5'0000'9000U);
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
}

TEST(DescryRecords, CountsThatWereNotReadAreUnknown) {
  descry_host_half_short half = shortHalf();
  half.counts |= 0xffff'ffff;
  std::array<std::uint64_t, kMostNumbersOfARecord> numbers{};
  putNumbers(std::as_bytes(std::span(&half, 1)), numbers.data());
  const Record record = read(Descry_host_half_short, &numbers[1]);
  EXPECT_EQ(recordAs<descry_host_half>(record).out, -1);
  EXPECT_EQ(recordAs<descry_host_half>(record).in, -1);
}

TEST(DescryRecords, SeveralRecordsOfATypeAreWrittenOneBehindTheOther) {
  std::array<descry_iotlb_past, 3> past{};
  for (std::size_t at = 0; at < past.size(); ++at) {
    past[at].header.type = Descry_iotlb_past;
    past[at].header.ns = 100 + at;
    past[at].vq = 1;
    past[at].position = -1;
  }
  std::array<std::uint64_t, 3 * kMostNumbersOfARecord> numbers{};
  ASSERT_EQ(putNumbers(std::as_bytes(std::span(past)), numbers.data()), 12U);
  for (std::size_t at = 0; at < past.size(); ++at) {
    EXPECT_EQ(numbers[4 * at], std::uint64_t{Descry_iotlb_past});
    const Record record = read(Descry_iotlb_past, &numbers[4 * at + 1]);
    EXPECT_EQ(recordAs<descry_iotlb_past>(record).header.ns, 100 + at);
    EXPECT_EQ(recordAs<descry_iotlb_past>(record).position, -1) << "negative numbers keep their sign";
  }
}

TEST(DescryRecords, SingleHitsAreNotBatched) {
  descry_eventfd hit{};
  hit.header.type = Descry_eventfd;
  std::array<std::uint64_t, kMostNumbersOfARecord> numbers{};
  EXPECT_EQ(putNumbers(std::as_bytes(std::span(&hit, 1)), numbers.data()), 0U);
}

}  // namespace
}  // namespace descry
