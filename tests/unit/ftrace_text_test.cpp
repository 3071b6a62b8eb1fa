// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include "collector/source/text/ftrace_line.hpp"
#include "tests/unit/source_fixture.hpp"

namespace descry {
namespace {

using ::testing::HasSubstr;

Decoded decodeText(const std::string& text) {
  write(scratch() / "trace.txt", text);
  return decode(scratch() / "trace.txt");
}

std::string inWords(const Event& event, const std::string& text) {
  std::string words = std::to_string(event.ns) + " cpu " + std::to_string(event.cpu) + " tid " +
                      std::to_string(event.tid) + " " + std::string(ruleOf(event.kind).name) + "+" +
                      std::to_string(event.variant);
  for (std::size_t i = 0; i < kFields; ++i)
    if (const Field field = static_cast<Field>(i); event.has(field))
      words += " " + std::string(fieldName(field)) + "=" + std::to_string(event[field]);
  return words + " " + text;
}

class PrintedCapture : public ::testing::TestWithParam<const char*> {};

TEST_P(PrintedCapture, GivesTheSameEventsAsTheBinaryFile) {
  const std::string name = GetParam();
  const std::string side = name.substr(name.find('.') + 1);
  const std::string folder = name.substr(0, name.find('.'));
  const fs::path reports = scratch() / "reports";
  unpack(fs::path(DESCRY_SOURCE_DIR) / "tests/data/sources/reports.tar.zst", reports);
  const Decoded printed = decode(reports / (name + ".txt"));
  const Decoded binary = decode(capture(folder) / side / "trace.dat");
  ASSERT_GT(printed.events.size(), 2000U);
  ASSERT_LE(printed.events.size(), binary.events.size());
  for (std::size_t i = 0; i < printed.events.size(); ++i)
    ASSERT_EQ(inWords(printed.events[i], printed.texts[i]), inWords(binary.events[i], binary.texts[i]))
        << "event " << i;
  EXPECT_TRUE(printed.anomalies.empty());
  ASSERT_EQ(printed.losses.size(), binary.losses.size());
  for (std::size_t i = 0; i < printed.losses.size(); ++i) {
    EXPECT_EQ(printed.losses[i].begin, binary.losses[i].begin);
    EXPECT_EQ(printed.losses[i].end, binary.losses[i].end);
    EXPECT_EQ(printed.losses[i].count, binary.losses[i].count);
  }
}

INSTANTIATE_TEST_SUITE_P(Captures, PrintedCapture,
                         ::testing::Values("ccw-blk-swiotlb.guest", "pci-blk-swiotlb.guest", "pci-blk-viommu.guest",
                                           "pci-blk-lossy.guest", "pci-net.guest", "vhost-net-needless.host"),
                         [](const auto& test) {
                           std::string name = test.param;
                           std::replace_if(
                               name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
                           return name;
                         });

TEST(FtraceLine, ACommandNameMayHoldSpacesDashesAndBrackets) {
  FtraceLine line;
  ASSERT_TRUE(line.parse("     my [001] prog-x-1234  [003] d.h1.     2.396132: irq: irq=25 vq=0xffff8ab98237c400 q=0"));
  EXPECT_EQ(line.tid, 1234);
  EXPECT_EQ(line.cpu, 3);
  EXPECT_EQ(line.ns, 2396132000);
  EXPECT_EQ(line.event, "irq");
  EXPECT_EQ(line.number({{"vq"}}), 0xffff8ab98237c400U);
}

TEST(FtraceLine, NanosecondsIdleTasksProcessColumnsAndLatencyFormatAreRead) {
  FtraceLine line;
  ASSERT_TRUE(line.parse("          <idle>-0     [000]   118.245553719: get: dev=1 q=0 vq=0x10 used=3"));
  EXPECT_EQ(line.tid, 0);
  EXPECT_EQ(line.ns, 118245553719);
  ASSERT_TRUE(line.parse("           <...>-77   (     70) [010] ..... 5.000000: get: dev=1 q=0 vq=0x10 used=3"));
  EXPECT_EQ(line.tid, 77);
  EXPECT_EQ(line.cpu, 10);
  ASSERT_TRUE(line.parse("   kworker-43      1d..1   2.395145: get: dev=1 q=0 vq=0x10 used=3"));
  EXPECT_EQ(line.tid, 43);
  EXPECT_EQ(line.cpu, 1);
}

TEST(FtraceLine, PerfLatencyFormatAndTimeDifferencesAreRead) {
  FtraceLine line;
  ASSERT_TRUE(line.parse("  my task   900/901 [003] 100.000003:          1 descry:add_sgs: (0) dev=0 q=1"));
  EXPECT_EQ(line.tid, 901);
  EXPECT_EQ(line.cpu, 3);
  EXPECT_EQ(line.ns, 100000003000);
  EXPECT_EQ(line.group(), "descry");
  EXPECT_EQ(line.event, "add_sgs");
  EXPECT_EQ(line.number({{"q"}}), 1U);
  ASSERT_TRUE(line.parse("     fio-900      0d..1.  10003us+: add_sgs_ret: (0) dev=0 ret=0"));
  EXPECT_EQ(line.ns, 10003000);
  EXPECT_EQ(line.event, "add_sgs_ret");
  EXPECT_FALSE(line.counted);
  ASSERT_TRUE(line.parse("     fio-900   [000]  100.000003: (+3)     add_sgs_ret: (0) dev=0 ret=0"));
  EXPECT_EQ(line.event, "add_sgs_ret");
  EXPECT_EQ(line.number({{"dev"}}), 0U);
}

TEST(FtraceLine, WhatIsNoEventIsNotTakenForOne) {
  FtraceLine line;
  for (const char* text : {"", "cpus=2", "# tracer: nop", "hello world", "x-1 [000] no time: here",
                           "a-b [000] 1.5: e: f", "  a-1 [000] 1.5:", " => virtqueue_add_sgs"})
    EXPECT_FALSE(line.parse(text)) << text;
}

TEST(FtraceLine, NegativeHexadecimalAndWordValuesAreRead) {
  FtraceLine line;
  ASSERT_TRUE(
      line.parse("a-1 [000] 1.5: e: (f+0x0/0x10 <- g) ret=-11 dma_addr=1b282000 dir=FROM_DEVICE size=4096 FORCE"));
  EXPECT_EQ(line.number({{"ret"}}), static_cast<std::uint64_t>(-11));
  EXPECT_EQ(line.number({{"dma_addr"}, ValueFormat::Hex}), 0x1b282000U);
  EXPECT_EQ(line.number({{"dir"}, ValueFormat::Direction}), 2U);
  EXPECT_EQ(line.number({{"force"}, ValueFormat::Flag}), 1U);
  EXPECT_FALSE(line.number({{"dir"}}).has_value());
}

TEST(FtraceText, TheKernelsOwnSchedulerLinesAreRead) {
  const Decoded decoded = decodeText(
      " vhost-261-351 [000] d..2. 10.000001: sched_switch: prev_comm=vhost-261 prev_pid=351 prev_prio=120 prev_state=S "
      "==> "
      "next_comm=swapper/0 next_pid=0 next_prio=120\n"
      " <idle>-0 [000] dN.2. 10.000002: sched_wakeup: comm=vhost-261 pid=351 prio=120 target_cpu=000\n");
  ASSERT_EQ(decoded.events.size(), 2U);
  EXPECT_EQ(decoded.events[0][Field::Previous], 351U);
  EXPECT_EQ(decoded.events[0][Field::Next], 0U);
  EXPECT_EQ(decoded.events[1][Field::Next], 351U);
}

// The lines of a capture with the naming of group vx.
TEST(FtraceText, ANamingWithoutReturnProbesIsRead) {
  const Decoded decoded = decodeText(
      "# tracer: nop\n#\n"
      "  kworker/0:1H-43 [000] d..1.  2.395145: add_sgs: (virtqueue_add_sgs+0x0/0xd0 [virtio_ring]) vdev=0 q=0 "
      "name=\"req.0\" vq=0xffff8ab98237c400 free=256 out=1 in=2 data=0xffff8ab984b12390\n"
      "  kworker/0:1H-43 [000] d..1.  2.395200: kick_prepare: (virtqueue_kick_prepare+0x0/0xd0 [virtio_ring]) vdev=0 "
      "q=0 "
      "name=\"req.0\" vq=0xffff8ab98237c400\n"
      "  kworker/0:1H-43 [000] d..1.  2.395300: notify: (vp_notify+0x0/0x20 [virtio_pci]) vdev=0 q=0 name=\"req.0\" "
      "vq=0xffff8ab98237c400\n"
      "  <idle>-0 [001] d.h1.  2.396132: irq: (vring_interrupt+0x0/0xd0 [virtio_ring]) irq=25 vq=0xffff8ab98237c400 "
      "q=0\n"
      "  <idle>-0 [001] d.h2.  2.396140: get_buf: (virtqueue_get_buf+0x0/0x20 [virtio_ring]) vdev=0 q=0 name=\"req.0\" "
      "vq=0xffff8ab98237c400 len=0x0\n"
      "  <idle>-0 [001] d.h2.  2.396150: get_buf_r: (virtblk_done+0x5/0x10 <- virtqueue_get_buf) "
      "data=0xffff8ab984b12390\n"
      "  <idle>-0 [001] d.h2.  2.396160: swiotlb_bounced: dev_name: 0000:00:02.0 dma_mask=ffffffffffffffff "
      "dev_addr=453e000 size=4096 FORCE\n"
      "  <idle>-0 [001] d.h2.  2.396170: swio_map: (swiotlb_tbl_map_single+0x0/0x10) size=4096\n"
      "  <idle>-0 [001] d.h2.  2.396180: dma_map_r: (a+0x1/0x2 <- dma_map_page_attrs) dma=0x1b401000\n");
  ASSERT_EQ(decoded.events.size(), 9U);
  EXPECT_TRUE(decoded.anomalies.empty());
  const std::vector<EventKind> kinds = {
      EventKind::GuestAdd,       EventKind::GuestKickPrepare, EventKind::GuestNotify,
      EventKind::GuestInterrupt, EventKind::GuestGet,         EventKind::GuestGetReturn,
      EventKind::SwiotlbBounced, EventKind::SwiotlbMap,       EventKind::DmaMapReturn};
  for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(decoded.events[i].kind, kinds[i]) << i;
  EXPECT_EQ(decoded.events[0].variant, kNoReturnProbe);
  EXPECT_EQ(decoded.events[0][Field::Token], 0xffff8ab984b12390U);
  EXPECT_EQ(decoded.events[0][Field::In], 2U);
  EXPECT_FALSE(decoded.events[0].has(Field::Avail));
  EXPECT_EQ(decoded.events[3][Field::Value], 25U);
  EXPECT_EQ(decoded.events[5][Field::Token], 0xffff8ab984b12390U);
  EXPECT_EQ(decoded.texts[6], "0000:00:02.0");
  EXPECT_EQ(decoded.events[6][Field::Address], 0x453e000U);
  EXPECT_EQ(decoded.events[8][Field::Iova], 0x1b401000U);
}

TEST(FtraceText, TimesOfSixDigitsAreKnownToAMicrosecond) {
  EXPECT_EQ(decodeText("a-1 [000] 1.000003: miss: vq=0x1 iova=0x1000\n").info.resolution, 1000);
  EXPECT_EQ(decodeText("a-1 [000] 1.000003004: miss: vq=0x1 iova=0x1000\n").info.resolution, 1);
  EXPECT_EQ(decodeText("a-1  0d..1.  10003us+: miss: vq=0x1 iova=0x1000\n").info.resolution, 1000);
}

TEST(FtraceText, CpusDumpedOneAfterTheOtherComeOutInTimeOrder) {
  const Decoded decoded = decodeText(
      "a-1 [000] 1.000003: miss: vq=0x1 iova=0x1000\n"
      "a-1 [000] 1.000005: miss: vq=0x1 iova=0x2000\n"
      "b-2 [001] 1.000001: miss: vq=0x1 iova=0x3000\n"
      "b-2 [001] 1.000004: miss: vq=0x1 iova=0x4000\n");
  expectSorted(decoded);
  ASSERT_EQ(decoded.events.size(), 4U);
  EXPECT_EQ(decoded.events[0][Field::Iova], 0x3000U);
  EXPECT_EQ(decoded.events[2][Field::Iova], 0x4000U);
}

TEST(FtraceText, EventsOfOneTimeStayInTheOrderOfTheText) {
  std::string text = "b-2 [001] 2.000000: miss: vq=0x1 iova=0x9000\n";
  for (int i = 0; i < 100; ++i) text += "a-1 [000] 1.000001: miss: vq=0x1 iova=" + std::to_string(i) + "\r\n";
  const Decoded decoded = decodeText(text);
  EXPECT_TRUE(decoded.anomalies.empty());
  ASSERT_EQ(decoded.events.size(), 101U);
  for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(decoded.events[i][Field::Iova], i);
  EXPECT_EQ(decoded.events[100][Field::Iova], 0x9000U);
}

TEST(FtraceText, LostEventsLieBetweenTheNeighboursOnTheirCpu) {
  const Decoded decoded = decodeText(
      "a-1 [001] 1.000001: miss: vq=0x1 iova=0x1000\n"
      "b-2 [000] 1.000002: miss: vq=0x1 iova=0x1000\n"
      "CPU:1 [LOST 30825 EVENTS]\n"
      "b-2 [000] 1.000003: miss: vq=0x1 iova=0x1000\n"
      "a-1 [001] 1.000009: miss: vq=0x1 iova=0x1000\n"
      "CPU:0 [EVENTS DROPPED]\n"
      "b-2 [000] 1.000010: miss: vq=0x1 iova=0x1000\n");
  ASSERT_EQ(decoded.losses.size(), 2U);
  EXPECT_EQ(decoded.losses[0].count, 30825);
  EXPECT_EQ(decoded.losses[0].begin, 1000001000);
  EXPECT_EQ(decoded.losses[0].end, 1000009000);
  EXPECT_EQ(decoded.losses[1].count, -1);
  EXPECT_EQ(decoded.losses[1].begin, 1000003000);
  EXPECT_EQ(decoded.losses[1].end, 1000010000);
}

TEST(FtraceText, TheHeaderTellsOfOverwrittenEvents) {
  const Decoded decoded = decodeText(
      "# tracer: nop\n#\n# entries-in-buffer/entries-written: 2/252   #P:2\n#\n"
      "a-1 [001] ..... 1.000001: miss: vq=0x1 iova=0x1000\n"
      "b-2 [000] ..... 1.000007: miss: vq=0x1 iova=0x1000\n");
  ASSERT_EQ(decoded.losses.size(), 1U);
  EXPECT_EQ(decoded.losses[0].reason, "wrapped");
  EXPECT_EQ(decoded.losses[0].count, 250);
  EXPECT_EQ(decoded.losses[0].begin, 1000001000);
  EXPECT_EQ(decoded.losses[0].end, 1000007000);
}

// The same in all files of per_cpu/, which count the events of all CPUs.
TEST(FtraceText, TheHeadersOfSeveralCpusAreCountedOnce) {
  const std::string header = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 2/5   #P:2\n#\n";
  const Decoded decoded = decodeText(header + "a-1 [001] ..... 1.000001: miss: vq=0x1 iova=0x1000\n" + header +
                                     "b-2 [000] ..... 1.000007: miss: vq=0x1 iova=0x1000\n");
  ASSERT_EQ(decoded.losses.size(), 1U);
  EXPECT_EQ(decoded.losses[0].count, 3);
}

TEST(FtraceText, ATextThatHoldsFewerEventsThanItsHeaderSaysIsTruncated) {
  const Decoded decoded = decodeText(
      "# tracer: nop\n#\n# entries-in-buffer/entries-written: 5/5   #P:2\n#\n"
      "a-1 [001] ..... 1.000001: miss: vq=0x1 iova=0x1000\n"
      "b-2 [000] ..... 1.000007: miss: vq=0x1 iova=0x1000\n");
  ASSERT_EQ(decoded.losses.size(), 1U);
  EXPECT_EQ(decoded.losses[0].reason, "truncated");
  EXPECT_EQ(decoded.losses[0].count, 3);
  EXPECT_THAT(decoded.losses[0].detail, HasSubstr("holds 2 of 5 events"));
}

TEST(FtraceText, TimesWithoutAPointAreNotNanoseconds) {
  const Decoded decoded = decodeText(
      "a-1 [001] d..1. 260000000000: miss: vq=0x1 iova=0x1000\n"
      "a-1 [001] d..1. 260000000100: miss: vq=0x1 iova=0x1000\n");
  EXPECT_TRUE(decoded.info.ticks);
  ASSERT_EQ(decoded.anomalies.size(), 1U);
  EXPECT_EQ(decoded.anomalies[0].kind, "clock-not-ns");
  EXPECT_THAT(decoded.anomalies[0].detail, HasSubstr("-C mono"));
}

TEST(FtraceText, LinesThatWereMovedAreSortedAndDoubtfulWhereTimesAreEqual) {
  const std::string first = "a-1 [001] 1.000001: miss: vq=0x1 iova=0x1000\n",
                    second = "a-1 [001] 1.000002: miss: vq=0x2 iova=0x1000\n",
                    sameTime = "a-1 [001] 1.000002: miss: vq=0x3 iova=0x1000\n";
  const Decoded sorted = decodeText(second + first);
  ASSERT_EQ(sorted.events.size(), 2U);
  EXPECT_EQ(sorted.events[0][Field::Vq], 1U);
  ASSERT_EQ(sorted.anomalies.size(), 1U);
  EXPECT_EQ(sorted.anomalies[0].kind, "lines-moved");
  EXPECT_EQ(sorted.anomalies[0].severity, Doubt::Info);
  const Decoded doubtful = decodeText(second + first + sameTime);
  ASSERT_EQ(doubtful.anomalies.size(), 1U);
  EXPECT_EQ(doubtful.anomalies[0].severity, Doubt::Warning);
  EXPECT_THAT(doubtful.anomalies[0].detail, HasSubstr("1 of them have the time of another"));
  // The same lines as a tool writes them, also one CPU after the other and one text behind the other.
  const std::string other = "b-2 [000] 1.000001: miss: vq=0x1 iova=0x1000\n";
  for (const std::string& text : {first + second + sameTime, first + second + sameTime + other,
                                  "# tracer: nop\n#\n" + second + sameTime + "# tracer: nop\n#\n" + first})
    EXPECT_TRUE(decodeText(text).anomalies.empty()) << text;
}

TEST(FtraceText, WrappedLinesAreJoinedAtSpacesAndInsideWords) {
  const std::vector<std::string> texts = {"fio-900 [000] d..1. 1.000001: miss:\n    vq=0x1\n    iova=0x1000\n",
                                          "fio-900 [000] d..1. 1.000001: miss: vq=\n0x1 iova=0x1000\n"};
  for (const std::string& text : texts) {
    const Decoded decoded = decodeText(text);
    ASSERT_EQ(decoded.events.size(), 1U) << text;
    EXPECT_EQ(decoded.events[0][Field::Vq], 1U) << text;
    EXPECT_EQ(decoded.events[0][Field::Iova], 0x1000U) << text;
    ASSERT_EQ(decoded.anomalies.size(), 1U) << text;
    EXPECT_EQ(decoded.anomalies[0].kind, "wrapped-lines");
    EXPECT_EQ(decoded.anomalies[0].severity, Doubt::Info);
  }
}

TEST(FtraceText, LinesThatStandBesideEventsByRightsAreNoAnomaly) {
  const Decoded decoded = decodeText(
      "root@guest:~# cat /sys/kernel/tracing/trace\n"
      "guest.dat: cpus=2\n"
      "a-1 [001] ..... 1.000001: miss: vq=0x1 iova=0x1000\n"
      "[    1.500000] virtio_blk virtio0: [vda] 2048 blocks\n"
      "a-1 [001] ..... 1.000002: sys_read -> 0x0\n"
      "a-1 [001] ..... 1.000003: sys_openat(dfd: ffffff9c, filename: 7f00, flags: 0)\n"
      "a-1 [001] ..... 1.000004: <stack trace>\n"
      " => vring_interrupt\n"
      "a-1 [001] ..... 1.000005: vp_notify <-virtqueue_notify\n"
      "Average wakeup latency: 22.232 usecs\n"
      "root@guest:~# \n");
  EXPECT_TRUE(decoded.anomalies.empty()) << decoded.anomalies.front().detail;
  EXPECT_EQ(decoded.events.size(), 1U);
  EXPECT_EQ(decoded.info.counts.at("sys_read").count, 1);
  EXPECT_EQ(decoded.info.counts.at("kernel_stack").count, 1);
  EXPECT_EQ(decoded.info.counts.at("function").count, 1);
}

TEST(FtraceText, LinesThatAreNoEventsAndValuesThatAreNoNumbersAreReported) {
  const Decoded decoded = decodeText(
      "a-1 [001] 1.000001: miss: vq=0x1 iova=0x1000\n"
      "Segmentation fault\n"
      "a-1 [001] 1.000002: miss: vq=(fault) iova=0x1000\n"
      "a-1 [001] 1.000003: get_d\n");
  EXPECT_EQ(decoded.events.size(), 1U);
  ASSERT_EQ(decoded.anomalies.size(), 3U);
  EXPECT_EQ(decoded.anomalies[0].kind, "unreadable-line");
  EXPECT_THAT(decoded.anomalies[0].detail, HasSubstr("Segmentation fault"));
  EXPECT_EQ(decoded.anomalies[1].kind, "impossible-value");
  EXPECT_THAT(decoded.anomalies[1].detail, HasSubstr("vq is not a number"));
  EXPECT_EQ(decoded.anomalies[2].kind, "unreadable-line");
}

TEST(FtraceText, ALastLineWithoutItsEndIsLeftOutAsTruncated) {
  const Decoded decoded = decodeText(
      "a-1 [001] 1.000001: miss: vq=0x1 iova=0x1000\n"
      "a-1 [001] 1.000002: miss: vq=0x1 iova=0x10");
  EXPECT_EQ(decoded.events.size(), 1U);
  ASSERT_EQ(decoded.losses.size(), 1U);
  EXPECT_EQ(decoded.losses[0].reason, "truncated");
}

TEST(FtraceText, UnknownEventsAreCounted) {
  const Decoded decoded = decodeText(
      "a-1 [001] 1.000001: my_event: x=1\n"
      "a-1 [001] 1.000002: my_event: x=1\n");
  EXPECT_TRUE(decoded.events.empty());
  EXPECT_EQ(decoded.info.counts.at("my_event").count, 2);
  EXPECT_FALSE(decoded.info.counts.at("my_event").kind.has_value());
}

TEST(FtraceText, TextWithHeadersOnlyIsRefused) {
  write(scratch() / "trace.txt", "# tracer: nop\n#\n# entries-in-buffer/entries-written: 0/0   #P:2\n");
  EXPECT_THAT(errorOf(scratch() / "trace.txt"), HasSubstr("no event"));
}

}  // namespace
}  // namespace descry
