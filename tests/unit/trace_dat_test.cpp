// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <random>

#include "collector/source/reader/in_child.hpp"
#include "collector/source/trace_dat/trace_dat_check.hpp"
#include "tests/unit/source_fixture.hpp"

namespace descry {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct CaptureSide {
  const char* name;
  const char* side;
};

class TraceDatCapture : public ::testing::TestWithParam<CaptureSide> {};

TEST_P(TraceDatCapture, HasTheEventsThatTraceCmdPrints) {
  const auto& [name, side] = GetParam();
  const Decoded decoded = decode(capture(name) / side / "trace.dat");
  expectTruth(decoded, truthOf(name)[side]);
  EXPECT_EQ(decoded.info.source, "trace_dat");
  EXPECT_EQ(decoded.info.clock, "mono");
}

INSTANTIATE_TEST_SUITE_P(Captures, TraceDatCapture,
                         ::testing::Values(CaptureSide{"pci-blk", "guest"}, CaptureSide{"pci-blk-swiotlb", "guest"},
                                           CaptureSide{"pci-blk-viommu", "guest"}, CaptureSide{"pci-blk-mq", "guest"},
                                           CaptureSide{"pci-blk-lossy", "guest"}, CaptureSide{"pci-net", "guest"},
                                           CaptureSide{"mmio-blk", "guest"}, CaptureSide{"ccw-blk", "guest"},
                                           CaptureSide{"ccw-blk-platform", "guest"},
                                           CaptureSide{"ccw-blk-swiotlb", "guest"}, CaptureSide{"loop-miss", "host"},
                                           CaptureSide{"vhost-net-plain", "host"},
                                           CaptureSide{"vhost-net-viommu", "host"},
                                           CaptureSide{"vhost-net-needless", "guest"}),
                         [](const auto& test) {
                           std::string name = std::string(test.param.name) + "_" + test.param.side;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// The expected values of the next tests were read in the output of `trace-cmd report -t`.
TEST(TraceDat, ReadsABigEndianRecord) {
  const Decoded decoded = decode(capture("ccw-blk-swiotlb") / "guest/trace.dat");
  const Event& add = decoded.first(EventKind::GuestAdd);
  EXPECT_EQ(add.ns, 5270899753);
  EXPECT_EQ(add.tid, 52);
  EXPECT_EQ(add.cpu, 1);
  EXPECT_EQ(add[Field::Device], 0U);
  EXPECT_EQ(add[Field::Vq], 0x6718d00U);
  EXPECT_EQ(add[Field::Avail], 0U);
  EXPECT_EQ(add[Field::Out], 1U);
  EXPECT_EQ(add[Field::In], 2U);
  EXPECT_EQ(add[Field::Token], 0x67e0110U);
  const Event& got = decoded.first(EventKind::GuestGetReturn);
  EXPECT_EQ(got.ns, 5273677359);
  EXPECT_EQ(got[Field::Token], 0x67e0110U);
  EXPECT_FALSE(got.has(Field::Used));  // this kernel's return probes have no entry arguments
}

TEST(TraceDat, ReadsTheDeviceOfABounce) {
  const Decoded decoded = decode(capture("ccw-blk-swiotlb") / "guest/trace.dat");
  const Event& bounce = decoded.first(EventKind::SwiotlbBounced);
  EXPECT_EQ(bounce.ns, 5271439849);
  EXPECT_EQ(bounce[Field::Address], 0x67e0110U);
  EXPECT_EQ(bounce[Field::Length], 16U);
  EXPECT_EQ(bounce[Field::Value], 1U);  // FORCE
  EXPECT_EQ(decoded.texts[static_cast<std::size_t>(&bounce - decoded.events.data())], "0.0.0001");
}

TEST(TraceDat, ReadsMarkersWithoutTheirLineEnd) {
  const Decoded decoded = decode(capture("pci-blk") / "guest/trace.dat");
  std::vector<std::string> markers;
  for (std::size_t i = 0; i < decoded.events.size(); ++i)
    if (decoded.events[i].kind == EventKind::GuestMarker) markers.push_back(decoded.texts[i]);
  ASSERT_EQ(markers.size(), 7U);
  EXPECT_EQ(markers[0], "descry write64k");
  EXPECT_THAT(markers[5], HasSubstr("descry-device virtio0 id=0x0002"));
}

TEST(TraceDat, KnowsKernelAndEventsThatNeverFired) {
  const Decoded decoded = decode(capture("ccw-blk") / "guest/trace.dat");
  EXPECT_THAT(decoded.info.kernel.value_or(""), HasSubstr("6.12.107+deb13-s390x"));
  EXPECT_THAT(decoded.info.tool.value_or(""), HasSubstr("trace-cmd 3.1.6"));
  EXPECT_EQ(decoded.info.counts.at("descry:vq_del").count, 0);
  EXPECT_EQ(decoded.info.counts.at("descry:vq_del").kind, EventKind::GuestQueueDelete);
}

TEST(TraceDat, OverwrittenEventsAreLostUpToTheFirstThatIsLeftOnTheirCpu) {
  // `trace-cmd report -t`: CPU:0 [10400 EVENTS DROPPED] before 6.706987978, CPU:1 [36190 EVENTS DROPPED]
  // before 6.741582953
  const Decoded decoded = decode(capture("pci-blk-lossy") / "guest/trace.dat");
  ASSERT_EQ(decoded.losses.size(), 2U);
  EXPECT_EQ(decoded.losses[0].count, 10400);
  EXPECT_EQ(decoded.losses[0].end, 6706987978);
  EXPECT_EQ(decoded.losses[1].count, 36190);
  EXPECT_EQ(decoded.losses[1].begin, 6706987978);
  EXPECT_EQ(decoded.losses[1].end, 6741582953);
  EXPECT_EQ(decoded.losses[1].reason, "overwritten");
}

class CutOldFile : public ::testing::TestWithParam<int> {};

TEST_P(CutOldFile, KeepsTheEventsBeforeTheCut) {
  const fs::path file = copyOf(capture("mmio-blk") / "guest/trace.dat", "cut.dat");
  const Decoded whole = decode(file);
  fs::resize_file(file, fs::file_size(file) * static_cast<std::uintmax_t>(GetParam()) / 100);
  const Decoded cut = decode(file);
  EXPECT_FALSE(cut.events.empty());
  EXPECT_LT(cut.events.size(), whole.events.size());
  std::size_t matched = 0;
  for (std::size_t i = 0; matched < cut.events.size() && i < whole.events.size(); ++i)
    matched += whole.events[i].ns == cut.events[matched].ns && whole.events[i].kind == cut.events[matched].kind;
  EXPECT_EQ(matched, cut.events.size()) << "the cut trace has an event that the whole one does not have";
  ASSERT_FALSE(cut.losses.empty());
  EXPECT_EQ(cut.losses.back().reason, "truncated");
  EXPECT_THAT(cut.losses.back().detail, HasSubstr("the file is cut"));
}

INSTANTIATE_TEST_SUITE_P(Percent, CutOldFile, ::testing::Values(30, 50, 70, 99));

TEST(TraceDat, TheTextOfALatencyTracerIsReadAsText) {
  // Version 6: after the head stands "flyrecord" with binary records, or "latency" with the text of the trace.
  std::ifstream original(capture("mmio-blk") / "guest/trace.dat", std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(original), {}};
  bytes.resize(bytes.find(std::string("flyrecord\0", 10)));
  bytes +=
      std::string("latency  \0", 10) + "# tracer: nop\n#\n kworker-43      1d..1   2.395145: get: dev=1 q=0 vq=0x10\n";
  write(scratch() / "latency.dat", bytes);
  const Decoded decoded = decode(scratch() / "latency.dat");
  ASSERT_EQ(decoded.events.size(), 1U);
  EXPECT_EQ(decoded.events[0].kind, EventKind::GuestGet);
  EXPECT_EQ(decoded.events[0].ns, 2395145000);
  EXPECT_EQ(decoded.info.source, "trace_dat");
}

TEST(TraceDat, AFileCutBeforeItsEventsIsRefused) {
  for (const char* name : {"mmio-blk", "pci-blk", "pci-blk-mq"}) {
    const fs::path file = copyOf(capture(name) / "guest/trace.dat", "cut.dat");
    fs::resize_file(file, 3000);
    EXPECT_THAT(errorOf(file), AllOf(HasSubstr(file.string()), HasSubstr("cut"))) << name;
  }
}

std::string bytesOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What the library would divide by, allocate or jump to is looked at first.
TEST(TraceDat, AHeadThatCannotBeIsNamed) {
  const std::string good = bytesOf(capture("pci-blk") / "guest/trace.dat");
  const fs::path file = scratch() / "head.dat";
  std::string bytes = good;
  bytes.replace(14, 4, std::string("\xff\x10\0\0", 4));
  write(file, bytes);
  EXPECT_THAT(errorOf(file), HasSubstr("a page size of 4351 bytes"));
  bytes = good;
  bytes[10] = '9';
  write(file, bytes);
  EXPECT_THAT(errorOf(file), HasSubstr("version \"9\""));
  bytes = good;
  bytes.replace(bytes.find("zstd"), 4, "zlib");
  write(file, bytes);
  EXPECT_THAT(errorOf(file), AllOf(HasSubstr("compressed with zlib"), HasSubstr("trace-cmd convert")));
}

TEST(TraceDat, WorkThatEndsByASignalDoesNotEndTheProgram) {
  EXPECT_TRUE(survives([] {}));
  EXPECT_TRUE(survives([] { throw Error("refused"); }));
  EXPECT_FALSE(survives([] { std::raise(SIGKILL); }));
  EXPECT_FALSE(survives([] { std::_Exit(1); }));
}

// A crash of the library would be one of this test.
TEST(TraceDat, DamagedHeadsAreReadOrRefused) {
  std::mt19937 random(1);
  for (const char* name : {"mmio-blk", "pci-blk"}) {  // versions 6 and 7
    const std::string good = bytesOf(capture(name) / "guest/trace.dat");
    for (int trial = 0; trial < 40; ++trial) {
      std::string bytes = good;
      for (int i = 0; i < 3; ++i)
        bytes[10 + random() % (trial % 2 == 0 ? 4000 : bytes.size() - 10)] ^= static_cast<char>(random());
      write(scratch() / "damaged.dat", bytes);
      errorOf(scratch() / "damaged.dat");
    }
  }
}

}  // namespace
}  // namespace descry
