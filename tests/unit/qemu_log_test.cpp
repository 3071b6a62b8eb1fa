// SPDX-License-Identifier: GPL-2.0-or-later
// The lines are what QEMU's source prints (hw/virtio/trace-events and others): `strings qemu-system-x86_64` has the
// formats, from "%d@%zu.%06zu:virtqueue_pop vq %p elem %p in_num %u out_num %u" on.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "collector/source/reader/qemu_line.hpp"
#include "tests/unit/source_fixture.hpp"

namespace descry {
namespace {

constexpr Ns kSecond = 1'000'000'000;

Decoded decodeText(const std::string& name, const std::string& text) {
  write(scratch() / name, text);
  return decode(scratch() / name);
}

TEST(QemuLog, EveryValueOfAnEventIsFound) {
  const Decoded log = decodeText(
      "values.log",
      "4711@1700000000.000001:virtqueue_pop vq 0x7f10 elem 0x55aa in_num 2 out_num 1\n"
      "4711@1700000000.000009:virtqueue_fill vq 0x7f10 elem 0x55aa len 4097 idx 3\n"
      "4711@1700000000.000009:virtqueue_flush vq 0x7f10 count 1\n"
      "4712@1700000000.000010:virtio_notify_irqfd vdev 0x55 vq (nil)\n"
      "4712@1700000000.000012:virtio_blk_rw_complete vdev 0x55 req 0x66 ret -5\n"
      "4712@1700000000.000013:vtd_iotlb_page_update IOTLB page update sid 0x20 iova 0xfffff000 slpte 0x1003 domain 0x1\n"
      "4712@1700000000.000014:vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x1 addr 0xfffff000 mask 0x0\n"
      "4712@1700000000.000015:virtio_pci_notify_write 0x3000 = 0x1 (2)\n"
      "4712@1700000000.000016:virtio_mmio_write_offset virtio_mmio_write offset 0x50 value 0x1\n"
      "4712@1700000000.000017:virtio_ccw_new_device VIRTIO-CCW: add subchannel 0.0.0003, devno 0x0012 (auto)\n"
      "4712@1700000000.000018:virtio_ccw_new_device VIRTIO-CCW: add subchannel 0.0.0003, devno 0012 (auto)\n");
  ASSERT_EQ(log.events.size(), 11U);
  EXPECT_TRUE(log.anomalies.empty());
  const Event& pop = log.events[0];
  EXPECT_EQ(pop.kind, EventKind::QemuPop);
  EXPECT_EQ(pop.ns, 1'700'000'000 * kSecond + 1000);
  EXPECT_EQ(pop.tid, 4711);
  EXPECT_EQ(pop[Field::Vq], 0x7f10U);
  EXPECT_EQ(pop[Field::Element], 0x55aaU);
  EXPECT_EQ(pop[Field::In], 2U);
  EXPECT_EQ(pop[Field::Out], 1U);
  EXPECT_EQ(log.events[1][Field::Length], 4097U);
  EXPECT_EQ(log.events[1][Field::Value], 3U);
  EXPECT_EQ(log.events[2].kind, EventKind::QemuFlush);  // the same microsecond: the log's order
  EXPECT_EQ(log.events[3][Field::Vq], 0U);
  EXPECT_EQ(static_cast<std::int64_t>(log.events[4][Field::Result]), -5);
  EXPECT_EQ(log.events[5][Field::Iova], 0xfffff000U);
  EXPECT_EQ(log.events[5][Field::Value], 0x20U);
  EXPECT_EQ(log.events[6][Field::Iova], 0xfffff000U);
  EXPECT_EQ(log.events[7].kind, EventKind::QemuPciNotify);
  EXPECT_EQ(log.events[7][Field::Value], 1U);
  EXPECT_EQ(log.events[8].kind, EventKind::QemuMmioNotify);
  EXPECT_EQ(log.events[9][Field::Value], 0x12U);
  EXPECT_EQ(log.events[10][Field::Value], 0x12U);  // older QEMU prints hexadecimal without 0x
  EXPECT_EQ(log.info.resolution, 1000);
  EXPECT_EQ(log.info.clock, "realtime");
}

TEST(QemuLog, ATimeMayComeWithoutThreadOrAsADate) {
  const std::string event = "virtqueue_flush vq 0x7f10 count 1";
  const Ns time = 1'769'903'999 * kSecond + 123'456'000;  // date -u -d 2026-01-31T23:59:59Z +%s
  QemuLine line;
  for (const std::string start :
       {"1769903999.123456:", "@1769903999.123456:", "2026-01-31T23:59:59.123456Z ",
        "2026-01-31T23:59:59.123456Z qemu-system-x86_64: ", "2026-01-31T23:59:59.123456Z qemu-system-x86_64(17): "}) {
    const std::string text = start + event;
    ASSERT_TRUE(line.parse(text)) << start;
    EXPECT_TRUE(line.timed && line.isKnown()) << start;
    EXPECT_EQ(line.ns, time) << start;
  }
  EXPECT_EQ(line.tid, 17);  // of the last one
}

TEST(QemuLog, LinesOfTwoThreadsAreSorted) {
  const Decoded log = decodeText("sorted.log",
                                 "1@1700000000.000009:virtqueue_flush vq 0x7f10 count 1\n"
                                 "2@1700000000.000005:virtqueue_flush vq 0x7f20 count 1\n");
  ASSERT_EQ(log.events.size(), 2U);
  EXPECT_EQ(log.events[0][Field::Vq], 0x7f20U);
  EXPECT_TRUE(log.anomalies.empty());
}

TEST(QemuLog, OtherLinesAreNoEvents) {
  const Decoded log = decodeText("other.log",
                                 "qemu-system-x86_64: warning: something else\n"
                                 "1@1700000000.000005:virtqueue_flush vq 0x7f10 count 1\n"
                                 "1@1700000000.000006:not_an_event_of_ours 1 2 3\n"
                                 "vm_state_notify running 0 reason 9 (shutdown)\n");
  EXPECT_EQ(log.events.size(), 1U);
  EXPECT_TRUE(log.anomalies.empty());
  EXPECT_FALSE(log.info.counts.at("qemu:not_an_event_of_ours").kind.has_value());
}

TEST(QemuLog, ALogThatBreaksOffInALineIsTruncated) {
  const Decoded log = decodeText("cut.log",
                                 "1@1700000000.000005:virtqueue_flush vq 0x7f10 count 1\n"
                                 "1@1700000000.000006:virtqueue_flush vq 0x7f");
  EXPECT_EQ(log.events.size(), 1U);
  ASSERT_EQ(log.losses.size(), 1U);
  EXPECT_EQ(log.losses[0].reason, "truncated");
}

TEST(QemuLog, WithoutTimesTheAnswerIsHowToRecordThem) {
  write(scratch() / "untimed.log", "virtqueue_flush vq 0x7f10 count 1\n");
  EXPECT_THAT(errorOf(scratch() / "untimed.log"), testing::HasSubstr("run QEMU with `-msg timestamp=on`"));
}

TEST(QemuLog, ManyLinesComeInOrder) {
  constexpr int kLines = 50'000;
  std::string text;
  for (int i = 0; i < kLines; ++i)
    text += fmt::format("1@17000000{:02}.{:06}:virtqueue_flush vq 0x7f10 count 1\n", i / 1000, i % 1000);
  const Decoded log = decodeText("long.log", text);
  EXPECT_EQ(log.events.size(), static_cast<std::size_t>(kLines));
  expectSorted(log);
}

TEST(QemuLog, TheFtraceBackendWritesTheSameEvents) {
  const Decoded text = decodeText(
      "ftrace.txt",
      "# tracer: nop\n"
      "  qemu-system-x86-1234  [001] .....    10.000001: tracing_mark_write: virtqueue_pop vq 0x7f10 elem 0x55aa in_num 2 "
      "out_num 1\n"
      "  qemu-system-x86-1234  [001] .....    10.000002: print: tracing_mark_write: virtqueue_flush vq 0x7f10 count 1\n"
      "  bash-99  [001] .....    10.000003: tracing_mark_write: a marker of somebody else\n");
  ASSERT_EQ(text.events.size(), 3U);
  EXPECT_EQ(text.events[0].kind, EventKind::QemuPop);
  EXPECT_EQ(text.events[0].tid, 1234);
  EXPECT_EQ(text.events[0][Field::Element], 0x55aaU);
  EXPECT_EQ(text.events[1].kind, EventKind::QemuFlush);
  EXPECT_EQ(text.events[2].kind, EventKind::GuestMarker);
}

}  // namespace
}  // namespace descry
