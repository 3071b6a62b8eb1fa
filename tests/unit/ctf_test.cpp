// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include "tests/unit/source_fixture.hpp"

namespace descry {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CtfCapture : public ::testing::TestWithParam<const char*> {};

TEST_P(CtfCapture, HasTheEventsThatBabeltracePrints) {
  const Decoded decoded = decode(capture(GetParam()) / "host");
  expectTruth(decoded, truthOf(GetParam())["host"]);
  EXPECT_EQ(decoded.info.source, "ctf");
  EXPECT_EQ(decoded.info.tool, "lttng-ust 2.13");
  EXPECT_EQ(decoded.info.clock, "monotonic");
}

INSTANTIATE_TEST_SUITE_P(Captures, CtfCapture,
                         ::testing::Values("pci-blk", "pci-blk-lossy", "pci-blk-viommu", "pci-blk-mq", "pci-blk-packed",
                                           "pci-net", "mmio-blk", "ccw-blk", "ccw-blk-swiotlb"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// The expected values of the next three tests were read in the output of `babeltrace2 --clock-cycles`.
TEST(Ctf, ReadsTimeThreadCpuAndFieldsOfAnEvent) {
  const Decoded decoded = decode(capture("pci-blk") / "host");
  const Event& fill = decoded.first(EventKind::QemuFill);
  EXPECT_EQ(fill.ns, 5756646671624);
  EXPECT_EQ(fill.cpu, 0);
  EXPECT_EQ(fill.tid, 4361);
  EXPECT_EQ(fill[Field::Vq], 0x7FE19C0C4010U);
  EXPECT_EQ(fill[Field::Element], 0x55CFF3746800U);
  EXPECT_EQ(fill[Field::Length], 513U);
  EXPECT_EQ(fill[Field::Value], 0U);
}

TEST(Ctf, ReadsTheVirtualIommusMisses) {
  const Decoded decoded = decode(capture("pci-blk-viommu") / "host");
  const Event& miss = decoded.first(EventKind::QemuIommuMiss);
  EXPECT_EQ(miss.ns, 5893125021220);
  EXPECT_EQ(miss[Field::Value], 0x100U);
  EXPECT_EQ(miss[Field::Iova], 0xFFFFF002U);
  EXPECT_EQ(miss[Field::Address], 0x5831003U);
  EXPECT_EQ(decoded.count(EventKind::QemuIommuMiss), 5377U);        // README.md of the captures
  EXPECT_EQ(decoded.count(EventKind::QemuIommuInvalidate), 4497U);  // the same
}

TEST(Ctf, SeesTheTransportInTheEvents) {
  const Decoded mmio = decode(capture("mmio-blk") / "host");
  EXPECT_EQ(mmio.count(EventKind::QemuMmioNotify), 356U);  // lines with offset = 0x50
  EXPECT_EQ(mmio.first(EventKind::QemuMmioNotify).variant & kTransportMmio, kTransportMmio);
  const Decoded ccw = decode(capture("ccw-blk") / "host");
  EXPECT_EQ(ccw.count(EventKind::QemuCcwDevice), 2U);
  EXPECT_EQ(ccw.first(EventKind::QemuCcwDevice).variant & kTransportCcw, kTransportCcw);
}

TEST(Ctf, AnEventThatIsDeclaredAndNeverFiresIsCountedAsZero) {
  const Decoded decoded = decode(capture("pci-net") / "host");
  const auto flush = decoded.info.counts.find("qemu:virtio_notify_irqfd");
  ASSERT_NE(flush, decoded.info.counts.end());  // metadata declares it, truth.json has no such event
  EXPECT_EQ(flush->second.count, 0);
  EXPECT_EQ(flush->second.kind, EventKind::QemuInterrupt);
}

TEST(Ctf, DiscardedEventsBecomeTimeRanges) {
  const Decoded decoded = decode(capture("pci-blk-lossy") / "host");
  ASSERT_FALSE(decoded.losses.empty());
  for (const LossRange& loss : decoded.losses) {
    EXPECT_EQ(loss.reason, "discarded");
    EXPECT_GT(loss.count, 0);
    EXPECT_LE(loss.begin, loss.end);
    EXPECT_GE(loss.begin, *decoded.info.first);
  }
}

/// A copy of a capture's host trace to damage.
fs::path copyOfHost(const std::string& name) {
  return copyOf(capture(name) / "host", "copy/host");
}

TEST(DamagedCtf, AStreamCutInsideAPacketKeepsWhatStandsBeforeTheCut) {
  const Decoded whole = decode(capture("pci-blk") / "host");
  const fs::path trace = copyOfHost("pci-blk");
  fs::resize_file(trace / "c0_1", 30000);
  const Decoded cut = decode(trace);
  EXPECT_LT(cut.events.size(), whole.events.size());
  expectSorted(cut);
  // Everything of the whole stream, and of the cut one the events before its last.
  std::size_t ofWhole = 0, matched = 0;
  for (const Event& event : whole.events) ofWhole += event.cpu == 0;
  EXPECT_GT(cut.events.size(), ofWhole);
  for (std::size_t i = 0; matched < cut.events.size() && i < whole.events.size(); ++i)
    matched += whole.events[i].ns == cut.events[matched].ns && whole.events[i].kind == cut.events[matched].kind;
  EXPECT_EQ(matched, cut.events.size()) << "the cut trace has an event that the whole one does not have";
  ASSERT_EQ(cut.losses.size(), 1U);
  EXPECT_EQ(cut.losses[0].reason, "truncated");
  EXPECT_THAT(cut.losses[0].detail, HasSubstr("c0_1 breaks off"));
  EXPECT_GE(cut.losses[0].end, *cut.info.last);
}

TEST(DamagedCtf, AnEmptiedStreamIsMissedBecauseOfItsIndex) {
  const fs::path trace = copyOfHost("pci-blk");
  fs::resize_file(trace / "c0_1", 0);
  const Decoded cut = decode(trace);
  std::int64_t events = 0;
  for (const auto& [name, count] : firedByName(cut.info)) events += count;
  EXPECT_EQ(events, 1087);  // lines that babeltrace2 prints for the stream that is left
  ASSERT_EQ(cut.losses.size(), 1U);
  EXPECT_EQ(cut.losses[0].reason, "truncated");
  // From the index: the packet's begin and end, 0x53c4da6bdbf and 0x53eac92a8a4.
  EXPECT_EQ(cut.losses[0].begin, 0x53c4da6bdbf);
  EXPECT_EQ(cut.losses[0].end, 0x53eac92a8a4);
}

TEST(Ctf, IsNamedByItsDirectoryOrByTheFileMetadataInIt) {
  const fs::path trace = capture("pci-blk") / "host";
  EXPECT_TRUE(isTrace(trace / "metadata"));
  EXPECT_EQ(openSource(trace / "metadata")->info().source, "ctf");
  EXPECT_EQ(decode(trace / "metadata").events.size(), decode(trace).events.size());
}

TEST(DamagedCtf, NothingIsLeftBehindInTheTemporaryDirectory) {
  const fs::path trace = copyOfHost("pci-blk");
  fs::resize_file(trace / "c0_0", 20000);
  // A folder of its own: other tests repair traces at the same time.
  const ScratchDirectory temporary;
  const fs::path usual = fs::temp_directory_path();
  ASSERT_EQ(setenv("TMPDIR", temporary.path().c_str(), 1), 0);
  decode(trace);
  ASSERT_EQ(setenv("TMPDIR", usual.c_str(), 1), 0);
  EXPECT_TRUE(fs::is_empty(temporary.path()));
}

TEST(DamagedCtf, MetadataThatIsCutOrEmptyIsRefused) {
  const fs::path trace = copyOfHost("pci-blk");
  fs::resize_file(trace / "metadata", 10000);  // Babeltrace 2.0 never comes back from this
  EXPECT_THAT(errorOf(trace), AllOf(HasSubstr("metadata"), HasSubstr("cut")));
  fs::resize_file(trace / "metadata", 0);
  EXPECT_THAT(errorOf(trace), AllOf(HasSubstr("metadata"), HasSubstr("empty")));
}

TEST(DamagedCtf, MetadataThatMakesNoSenseIsRefusedWithBabeltracesReason) {
  const fs::path trace = copyOfHost("pci-blk");
  write(trace / "metadata", "/* CTF 1.8 */\ntrace { major = 1; ");
  EXPECT_THAT(errorOf(trace), AllOf(HasSubstr(trace.string()), HasSubstr("Babeltrace cannot read")));
}

TEST(DamagedCtf, ATraceOfCtf2WithoutStreamsSaysSo) {
  const fs::path trace = copyOfHost("pci-blk");
  write(trace / "metadata", "\x1e{\"type\":\"preamble\",\"version\":2}\n");
  EXPECT_THAT(errorOf(trace), AllOf(HasSubstr("CTF 2 metadata"), HasSubstr("no class of data streams")));
}

TEST(DamagedCtf, ATraceWithoutStreamsIsRefused) {
  const fs::path trace = copyOfHost("pci-blk");
  fs::remove(trace / "c0_0");
  fs::remove(trace / "c0_1");
  EXPECT_THAT(errorOf(trace), HasSubstr("without a data stream"));
}

TEST(Sources, ADirectoryAboveOneTraceIsThatTrace) {
  const fs::path session = scratch() / "session";
  fs::create_directories(session / "ust/uid/0");
  fs::copy(capture("pci-blk") / "host", session / "ust/uid/0/64-bit", fs::copy_options::recursive);
  EXPECT_TRUE(isTrace(session));
  EXPECT_EQ(findTraces(session), std::vector<fs::path>{session / "ust/uid/0/64-bit"});
  EXPECT_EQ(decode(session).events.size(), decode(capture("pci-blk") / "host").events.size());
}

TEST(Sources, ADirectoryAboveSeveralTracesNamesThem) {
  const fs::path folder = capture("pci-blk");
  EXPECT_FALSE(isTrace(folder));
  EXPECT_EQ(findTraces(folder), (std::vector<fs::path>{folder / "guest/trace.dat", folder / "host"}));
  EXPECT_THAT(errorOf(folder), AllOf(HasSubstr("2 traces"), HasSubstr("guest/trace.dat")));
}

TEST(Sources, TextBesideATraceCmdFileIsTheSameTraceAndNotTakenTwice) {
  const fs::path folder = copyOf(capture("pci-blk") / "guest", "listed");
  write(folder / "trace.txt", "  a-1 [000] 1.000001: irq: vq=0x1 dev=0\n");
  EXPECT_EQ(findTraces(folder), std::vector<fs::path>{folder / "trace.dat"});
}

TEST(Sources, WhatIsNoTraceIsRefusedWithWhatWasFoundAndExpected) {
  EXPECT_THAT(errorOf(scratch() / "nowhere"), HasSubstr("no such file"));
  write(scratch() / "notes/readme.txt", "hello\n");
  EXPECT_THAT(errorOf(scratch() / "notes"), AllOf(HasSubstr("no trace in this directory"), HasSubstr("trace.dat")));
  write(scratch() / "empty", "");
  EXPECT_THAT(errorOf(scratch() / "empty"), HasSubstr("empty"));
  write(scratch() / "garbage", std::string("\x7f\x45\x4c\x46\0\1\2", 7));
  EXPECT_THAT(errorOf(scratch() / "garbage"), AllOf(HasSubstr("begins with \".ELF...\""), HasSubstr("expected")));
  EXPECT_FALSE(isTrace(scratch() / "garbage"));
  EXPECT_FALSE(isTrace(scratch() / "nowhere"));
}

TEST(Sources, WhatMayNotBeReadIsSaid) {
  constexpr uid_t kNobody = 65534;
  const uid_t self = geteuid();
  write(scratch() / "secret", "x");
  fs::permissions(scratch() / "secret", fs::perms::none);
  ASSERT_EQ(self == 0 ? seteuid(kNobody) : 0, 0);  // root may read everything
  const std::string error = errorOf(scratch() / "secret");
  ASSERT_EQ(seteuid(self), 0);
  EXPECT_THAT(error, AllOf(HasSubstr("secret"), HasSubstr("Permission denied")));
}

}  // namespace
}  // namespace descry
