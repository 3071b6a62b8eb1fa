// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/fact_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace descry {
namespace {

class FactStoreTest : public testing::Test {
 protected:
  FactStoreTest()
      : m_path(std::filesystem::temp_directory_path() / ("descry-facts-" + std::to_string(::getpid()) + ".db")),
        m_database(Database::create(m_path)),
        m_store(m_database) {}
  ~FactStoreTest() override { std::filesystem::remove(m_path); }

  std::filesystem::path m_path;
  Database m_database;
  FactStore m_store;
};

TEST_F(FactStoreTest, DevicesQueuesAndLossesGetDenseIdsFromOne) {
  EXPECT_EQ(m_store.addDevice({.captureId = 1, .vm = "vm", .name = "virtio0"}), DeviceId{1});
  EXPECT_EQ(m_store.addDevice({.deviceId = DeviceId{99}, .captureId = 1, .vm = "vm", .name = "virtio1"}), DeviceId{2});
  EXPECT_EQ(m_store.addQueue({.deviceId = DeviceId{2}, .queueIndex = 0, .name = "rx0"}), QueueId{1});
  EXPECT_EQ(m_store.addQueue({.deviceId = DeviceId{2}, .queueIndex = 1, .name = "tx0"}), QueueId{2});
  m_store.addLoss({.captureId = 1, .begin = 5, .end = 9, .reason = "discarded"});
  m_store.addLoss({.captureId = 1, .begin = 50, .end = 90, .count = 3, .reason = "gap"});
  m_store.finish();
  EXPECT_EQ(m_database.queryText("SELECT name FROM device WHERE device_id = 2"), "virtio1");
  EXPECT_EQ(m_database.queryText("SELECT name FROM queue WHERE queue_id = 2"), "tx0");
  EXPECT_EQ(m_database.queryInteger("SELECT end_ns FROM loss WHERE loss_id = 2"), 90);
  EXPECT_EQ(m_database.queryInteger("SELECT count FROM loss WHERE loss_id = 1"), std::nullopt);
}

TEST_F(FactStoreTest, AQueueWhosePointIsSilentHasAnAnomalyOfItsCapture) {
  m_store.addDevice({.captureId = 2, .vm = "vm", .name = "virtio0"});
  m_store.addQueue({.deviceId = DeviceId{1}, .queueIndex = 0, .name = "requests"});
  for (std::int64_t epoch = 0; epoch < 2; ++epoch)
    m_store.epochs.push_back({.queueId = QueueId{1}, .epoch = epoch, .doorbellsRung = 5});
  m_store.finish();
  EXPECT_EQ(m_database.queryInteger("SELECT count(*) FROM anomaly"), 1);
  EXPECT_EQ(m_database.queryInteger("SELECT capture_id FROM anomaly WHERE kind = 'point-silent' AND queue_id = 1"), 2);
}

TEST_F(FactStoreTest, FactsMayStillChangeADeviceUntilFinish) {
  m_store.addDevice({.captureId = 1, .vm = "vm", .name = "virtio0"});
  m_store.devices[0].transport = "ccw";
  m_store.finish();
  EXPECT_EQ(m_database.queryText("SELECT transport FROM device"), "ccw");
}

TEST_F(FactStoreTest, AnomaliesAreCountedPerKindCaptureAndQueue) {
  m_store.anomaly("head-mismatch", Doubt::Warning, 1, QueueId{4}, 700, "first");
  m_store.anomaly("head-mismatch", Doubt::Warning, 1, QueueId{4}, 300, "second");
  m_store.anomaly("head-mismatch", Doubt::Warning, 1, QueueId{4}, kUnseen, "third");
  m_store.anomaly("head-mismatch", Doubt::Warning, 1, QueueId{5}, 100, "other queue");
  m_store.anomaly("unknown-field", Doubt::Info, 2, kUnseenQueue, kUnseen, "no time");
  m_store.finish();
  const auto rows = readAll<AnomalyRow>(m_database, "ORDER BY kind, queue_id");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].count, 3);
  EXPECT_EQ(rows[0].first, 300);
  EXPECT_EQ(rows[0].last, 700);
  EXPECT_EQ(rows[0].detail, "first");
  EXPECT_EQ(rows[0].severity, "warning");
  EXPECT_EQ(rows[1].queueId, QueueId{5});
  EXPECT_EQ(rows[1].count, 1);
  EXPECT_EQ(rows[2].captureId, 2);
  EXPECT_FALSE(seen(rows[2].queueId));
  EXPECT_EQ(rows[2].first, kUnseen);
  EXPECT_EQ(rows[2].last, kUnseen);
  EXPECT_EQ(m_database.queryInteger("SELECT max(anomaly_id) FROM anomaly"), 3);
}

TEST_F(FactStoreTest, FinishWritesEveryTable) {
  m_store.captures.push_back({.captureId = 1, .side = "guest", .path = "g", .source = "ctf"});
  m_store.captureEvents.push_back({.captureId = 1, .event = "a:b", .point = "Q", .count = 4});
  m_store.epochs.push_back({.queueId = QueueId{1}, .adds = 12});
  m_store.meta.push_back({.key = "tool_version", .value = "0.1.0"});
  m_store.guestHalves.add({.queueId = QueueId{1}, .position = 3, .q = 10});
  m_store.hostHalves.add({.queueId = QueueId{2}, .position = 3, .f = 20});
  m_store.doorbells.add({.queueId = QueueId{1}, .ns = 5});
  m_store.interrupts.add({.queueId = QueueId{1}, .ns = 6});
  m_store.misses.add({.queueId = QueueId{2}, .raised = 7, .iova = 4096});
  m_store.iotlbEvents.add({.captureId = 1, .ns = 8, .kind = "update", .iova = 4096, .bytes = 4096});
  m_store.threadStates.add({.captureId = 1, .tid = 77, .on = 1, .off = 9});
  m_store.finish();
  for (const char* table : {"capture", "capture_event", "queue_epoch", "meta", "guest_half", "host_half", "doorbell",
                            "interrupt", "iotlb_miss", "iotlb_event", "thread_state"})
    EXPECT_EQ(m_database.queryInteger("SELECT count(*) FROM " + std::string(table)), 1) << table;
  EXPECT_EQ(m_database.queryInteger("SELECT adds FROM queue_epoch"), 12);
}

}  // namespace
}  // namespace descry
