// SPDX-License-Identifier: GPL-2.0-or-later
// Captures that began when the queues had been running for a while, and captures in other forms. What pci-blk and
// pci-blk-mq really paired is known from the whole recordings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "tests/golden/chain_list.hpp"

namespace descry::golden {

namespace {

std::string trace(const std::string& path) {
  return "'" + std::string(DESCRY_TRACES) + "/" + path + "'";
}
std::string data(const std::string& path) {
  return "'" + std::string(DESCRY_DATA) + "/" + path + "'";
}

/// Pairs of the queue, none of them wrong.
std::int64_t rightPairs(const Imported& imported, const std::string& truth, std::int64_t tolerance = 0) {
  const auto verdict = judge(imported.pairs(), ChainList(truth), true, tolerance);
  EXPECT_THAT(verdict.wrong, testing::IsEmpty());
  return verdict.right;
}

}  // namespace

// Guest positions are read from the ring, so they hold although the first 145 adds are missing.
TEST(LateAttach, GuestThatBeganLateIsPairedByPosition) {
  const Imported late("late-guest", "--guest " + data("late/guest.dat") + " --host " + trace("pci-blk/host"));
  EXPECT_EQ(
      late.integer("SELECT min(position) FROM guest_half JOIN queue USING (queue_id) JOIN device USING (device_id) "
                   "WHERE device.name = 'virtio0'"),
      145);
  // 351 chains of the data disk less the 145 before, and of the seven of the other disk none came later.
  EXPECT_EQ(rightPairs(late, "pci-blk"), 351 - 145);
  EXPECT_EQ(late.integer("SELECT count(*) FROM host_half") - (351 - 145),
            late.integer("SELECT count(*) FROM chain WHERE "
                         "flags & 8"));
}

// QEMU's pops carry no position: counted from the first one seen they are off by the 175 that were not seen. What is
// left must still be found by order, because both traces end together, or be refused. It must not be paired as if the
// first pop were position 0.
TEST(LateAttach, HostThatBeganLateIsPairedRightOrNotAtAll) {
  const Imported late("late-host", "--guest " + trace("pci-blk/guest/trace.dat") + " --host " + data("late/host"));
  const auto right = rightPairs(late, "pci-blk");
  EXPECT_TRUE(right == 0 || right >= 351 - 176) << right;
  if (right == 0) {
    EXPECT_GT(late.integer("SELECT count(*) FROM unpaired"), 0);
  }
  EXPECT_EQ(late.text("SELECT anchor FROM queue_epoch JOIN queue USING (queue_id) JOIN device USING (device_id) JOIN "
                      "capture USING (capture_id) WHERE side = 'host' AND fetches > 100"),
            "order");
}

TEST(LateAttach, BothSidesThatBeganLateArePairedRightOrNotAtAll) {
  const Imported late("late-both", "--guest " + data("late/guest.dat") + " --host " + data("late/host"));
  const auto right = rightPairs(late, "pci-blk");
  EXPECT_TRUE(right == 0 || right >= 351 - 176) << right;
  if (right == 0) {
    EXPECT_GT(late.integer("SELECT count(*) FROM unpaired"), 0);
  }
}

// The judge of all this can say no: two fetches that change places make two wrong pairs.
TEST(LateAttach, ExchangedFetchesAreJudgedWrong) {
  const Imported late("judged", "--guest " + data("late/guest.dat") + " --host " + trace("pci-blk/host"));
  auto pairs = late.pairs();
  ASSERT_GT(pairs.size(), 100U);
  std::swap(pairs[50].fetched, pairs[51].fetched);
  EXPECT_EQ(judge(pairs, ChainList("pci-blk"), true).wrong.size(), 2U);
  EXPECT_EQ(judge(pairs, ChainList("pci-blk"), false).wrong.size(), 2U) << "by block requests alone";
}

// A naming without ring positions and with microseconds: the adds can only be counted.
TEST(TextInOtherNaming, OneQueueIsPairedRightByOrderOrNotAtAll) {
  const Imported vx("vx", "--guest " + data("text/pci-blk.guest.vx.txt") + " --host " + trace("pci-blk/host"));
  EXPECT_EQ(vx.integer("SELECT sum(adds) FROM queue_epoch"), 351 + 7);
  EXPECT_EQ(vx.integer("SELECT sum(gets) FROM queue_epoch"), 351 + 7);
  EXPECT_EQ(vx.integer("SELECT sum(doorbells_rung) FROM queue_epoch"), 348 + 7);
  const auto right = rightPairs(vx, "pci-blk", 500);
  EXPECT_TRUE(right == 0 || right >= 351) << right;
}

TEST(TextInOtherNaming, TwoQueuesWithParallelRequestsArePairedRightOrNotAtAll) {
  const Imported vx("vx-mq", "--guest " + data("text/pci-blk-mq.guest.vx.txt") + " --host " + trace("pci-blk-mq/host"));
  EXPECT_EQ(vx.integer("SELECT sum(adds) FROM queue_epoch"), 720 + 637 + 7);
  EXPECT_EQ(vx.integer("SELECT sum(gets) FROM queue_epoch"), 720 + 637 + 7);
  const auto right = rightPairs(vx, "pci-blk-mq", 500);
  EXPECT_TRUE(right == 0 || right >= 637) << right;
}

/// trace.dat and the text that trace-cmd prints of it hold the same events.
class TextReport : public testing::TestWithParam<std::pair<std::string, std::string>> {};

TEST_P(TextReport, GivesTheSameFactsAsTheFileItWasPrintedFrom) {
  const auto& [name, side] = GetParam();
  const std::string path = name + "/" + side + "/trace.dat", option = "--" + side + " ";
  const Imported binary("binary-" + name + "-" + side, option + trace(path));
  const Imported text("text-" + name + "-" + side, option + data("text/" + name + "." + side + ".txt"));
  for (const std::string table : {"guest_half", "host_half", "doorbell", "interrupt", "iotlb_miss", "iotlb_event",
                                  "thread_state", "queue_epoch"}) {
    const std::string all = "SELECT * FROM " + table;
    auto ours = binary.rows(all), theirs = text.rows(all);
    ASSERT_EQ(ours.size(), theirs.size()) << table;
    for (std::size_t row = 0; row < ours.size(); ++row) ASSERT_EQ(ours[row], theirs[row]) << table << " row " << row;
  }
  // A text does not say which probes were armed and never fired, so less can be attributed. The latencies are the same.
  const std::string latencies = "SELECT queue_id, epoch, position, start_ns, total_ns FROM chain_view ORDER BY 1, 2, 3";
  EXPECT_EQ(binary.rows(latencies), text.rows(latencies));
  EXPECT_EQ(binary.integer("SELECT events FROM capture"), text.integer("SELECT events FROM capture"));
  EXPECT_EQ(binary.integer("SELECT origin_ns FROM capture"), text.integer("SELECT origin_ns FROM capture"));
  EXPECT_EQ(text.text("SELECT source FROM capture"), "ftrace_text");
}

INSTANTIATE_TEST_SUITE_P(, TextReport,
                         testing::Values(std::pair{"pci-blk", "guest"}, std::pair{"ccw-blk-swiotlb", "guest"},
                                         std::pair{"vhost-net-needless", "guest"},
                                         std::pair{"vhost-net-needless", "host"}),
                         [](const auto& parameter) {
                           std::string name = parameter.param.first + "_" + parameter.param.second;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace descry::golden
