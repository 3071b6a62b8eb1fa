// SPDX-License-Identifier: GPL-2.0-or-later
// The packet reader against Babeltrace, event by event.
#include <gmock/gmock.h>

#include <cstring>
#include <random>

#include "tests/unit/random_ctf.hpp"
#include "tests/unit/source_fixture.hpp"

namespace descry {
namespace {

using ::testing::HasSubstr;

bool isSame(const Event& a, const Event& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

/// What is different, in words; empty: nothing.
std::string difference(const Decoded& ours, const Decoded& reference) {
  const std::size_t both = std::min(ours.events.size(), reference.events.size());
  for (std::size_t i = 0; i < both; ++i)
    if (!isSame(ours.events[i], reference.events[i])) return "event " + std::to_string(i);
  if (ours.events.size() != reference.events.size())
    return std::to_string(ours.events.size()) + " events instead of " + std::to_string(reference.events.size());
  for (std::size_t i = 0; i < both; ++i)
    if (ours.texts[i] != reference.texts[i])
      return "text " + std::to_string(i) + ": " + ours.texts[i] + " instead of " + reference.texts[i];
  if (ours.records != reference.records) return "records";
  const auto isSameLoss = [](const LossRange& a, const LossRange& b) {
    return a.begin == b.begin && a.end == b.end && a.count == b.count && a.reason == b.reason && a.detail == b.detail;
  };
  if (!std::ranges::equal(ours.losses, reference.losses, isSameLoss)) return "losses";
  const auto isSameAnomaly = [](const SourceAnomaly& a, const SourceAnomaly& b) {
    return a.kind == b.kind && a.ns == b.ns && a.detail == b.detail;
  };
  if (!std::ranges::equal(ours.anomalies, reference.anomalies, isSameAnomaly)) return "anomalies";
  const auto isSameCount = [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.kind == b.second.kind && a.second.count == b.second.count;
  };
  if (!std::ranges::equal(ours.info.counts, reference.info.counts, isSameCount)) return "counts";
  const TraceInfo &a = ours.info, &b = reference.info;
  if (a.first != b.first || a.last != b.last) return "first or last time";
  if (a.clock != b.clock || a.clockEpochNs != b.clockEpochNs) return "clock";
  if (a.tool != b.tool || a.hostName != b.hostName || a.kernel != b.kernel || a.source != b.source) return "tool";
  return {};
}

std::string differenceOfReaders(const fs::path& trace) {
  return difference(decode(trace, CtfReader::Packets), decode(trace, CtfReader::Babeltrace));
}

class PacketCapture : public ::testing::TestWithParam<const char*> {};

TEST_P(PacketCapture, IsReadAsByBabeltrace) {
  EXPECT_EQ(differenceOfReaders(capture(GetParam()) / "host"), "");
}

INSTANTIATE_TEST_SUITE_P(Captures, PacketCapture,
                         ::testing::Values("pci-blk", "pci-blk-fast", "pci-blk-lossy", "pci-blk-swiotlb",
                                           "pci-blk-viommu", "pci-blk-mq", "pci-blk-mq-missed", "pci-blk-packed",
                                           "pci-net", "mmio-blk", "ccw-blk", "ccw-blk-platform", "ccw-blk-swiotlb"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(CtfPackets, AnyLayoutIsReadAsByBabeltrace) {
  std::size_t events = 0, losses = 0, texts = 0, records = 0;
  for (std::uint32_t seed = 1; seed <= 120; ++seed) {
    const fs::path trace = scratch() / "random";
    fs::remove_all(trace);
    writeRandomCtf(trace, seed);
    const Decoded reference = decode(trace, CtfReader::Babeltrace);
    ASSERT_EQ(difference(decode(trace, CtfReader::Packets), reference), "") << "seed " << seed;
    events += reference.events.size();
    losses += reference.losses.size();
    records += reference.records.size();
    for (const std::string& text : reference.texts) texts += text.empty() ? 0 : 1;
  }
  EXPECT_GT(events, 4000U);  // the worlds have what is compared
  EXPECT_GT(losses, 40U);
  EXPECT_GT(texts, 400U);
  EXPECT_GT(records, 400U);
}

TEST(CtfPackets, AClockThatGoesBackIsReportedAsByBabeltrace) {
  const fs::path trace = copyOf(capture("pci-blk-lossy") / "host", "clock-back/host");
  // Two packets of one stream change places: the file's times and counters go back in its middle.
  std::ifstream in(trace / "c0_1", std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  constexpr std::size_t kPacket = 4096;
  const std::string second = bytes.substr(kPacket, kPacket);
  bytes.replace(kPacket, kPacket, bytes, 2 * kPacket, kPacket);
  bytes.replace(2 * kPacket, kPacket, second);
  write(trace / "c0_1", bytes);
  fs::remove_all(trace / "index");
  const Decoded back = decode(trace);
  EXPECT_EQ(difference(back, decode(trace, CtfReader::Babeltrace)), "");
  EXPECT_FALSE(back.anomalies.empty());
}

TEST(CtfPackets, LostPacketsAreReportedAsByBabeltrace) {
  const fs::path trace = copyOf(capture("pci-blk-lossy") / "host", "lost-packets/host");
  std::ifstream in(trace / "c0_1", std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  bytes.erase(5 * 4096, 3 * 4096);
  write(trace / "c0_1", bytes);
  fs::remove_all(trace / "index");
  const Decoded lost = decode(trace, CtfReader::Packets);
  EXPECT_EQ(difference(lost, decode(trace, CtfReader::Babeltrace)), "");
  EXPECT_TRUE(std::ranges::any_of(
      lost.losses, [](const LossRange& loss) { return loss.detail.find("3 whole packets") != std::string::npos; }));
}

TEST(CtfPackets, WhatThePacketReaderDoesNotReadIsLeftToBabeltrace) {
  const fs::path trace = copyOf(capture("pci-blk") / "host", "cut-packets/host");
  fs::resize_file(trace / "c0_1", 30000);
  EXPECT_EQ(difference(decode(trace), decode(trace, CtfReader::Babeltrace)), "");
  try {
    decode(trace, CtfReader::Packets);
    FAIL() << "the cut trace was read";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("--reader auto"));
  }
}

/// Damages `file` at some places, or cuts it.
void damage(const fs::path& file, std::mt19937& random) {
  const std::uintmax_t size = fs::file_size(file);
  if (random() % 8 == 0) return fs::resize_file(file, random() % size);
  std::fstream bytes(file, std::ios::binary | std::ios::in | std::ios::out);
  for (unsigned left = 1 + random() % 4; left > 0; --left) {
    bytes.seekp(static_cast<std::streamoff>(random() % size));
    bytes.put(static_cast<char>(random()));
  }
}

TEST(CtfPackets, DamagedFilesAreReadAsByBabeltraceOrSaidToBeDamaged) {
  const fs::path original = scratch() / "whole";
  std::mt19937 random(7);
  int same = 0, said = 0;
  for (std::uint32_t seed = 1; seed <= 160; ++seed) {
    fs::remove_all(original);
    writeRandomCtf(original, seed);
    damage(original / (seed % 4 == 0 ? "metadata" : "stream_0"), random);
    Decoded ours;
    try {
      ours = decode(original, CtfReader::Packets);
    } catch (const Error&) {
      ++said;
      continue;
    }
    if (std::ranges::find(ours.losses, "truncated", &LossRange::reason) != ours.losses.end()) {
      ++said;
      continue;
    }
    ASSERT_EQ(difference(ours, decode(original, CtfReader::Babeltrace)), "") << "seed " << seed;
    ++same;
  }
  EXPECT_GT(same, 20);
  EXPECT_GT(said, 20);
}

}  // namespace
}  // namespace descry
