// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <sstream>
#include <string>

#include "analyzer/aggregate/cause_aggregator.hpp"
#include "analyzer/report/report.hpp"
#include "schemas/store/table_io.hpp"
#include "stored_totals.hpp"

namespace descry {

/// A case database made by hand, one per test. `fillWorld` is the one most tests look at.
class ReportCase : public testing::Test {
 protected:
  ReportCase()
      : m_path(std::filesystem::temp_directory_path() /
               (std::string("report-") + testing::UnitTest::GetInstance()->current_test_info()->test_suite_name() +
                "-" + testing::UnitTest::GetInstance()->current_test_info()->name() + ".db")) {
    std::filesystem::remove(m_path);
    m_database.emplace(Database::create(m_path));
  }
  ~ReportCase() override {
    m_database.reset();
    std::filesystem::remove(m_path);
  }

  template <typename Row>
  void put(Row row) {
    TableWriter<Row> writer(*m_database);
    writer.add(std::move(row));
    writer.flush();
  }

  void capture(std::int64_t id, const std::string& side, std::int64_t discarded = 0) {
    CaptureRow row;
    row.captureId = id;
    row.side = side;
    row.path = "/traces/" + side;
    row.source = side == "guest" ? "trace_dat" : "ctf";
    row.tool = "tracer 1.0";
    row.origin = 1'000'000;
    row.last = 2'500'000'000;
    row.events = row.decoded = 12345;
    row.discarded = discarded;
    put(row);
  }

  DeviceRow device(std::int64_t id, std::int64_t captureId, const std::string& name, const std::string& transport,
                   const std::string& kind) {
    DeviceRow row;
    row.deviceId = DeviceId{id};
    row.captureId = captureId;
    row.vm = "vm";
    row.name = name;
    row.transport = transport;
    row.kind = kind;
    return row;
  }

  /// A queue and its only epoch.
  void queue(std::int64_t id, std::int64_t deviceId, std::int64_t index, const std::string& name,
             std::int64_t misses = 0, std::int64_t metadataMisses = 0) {
    QueueRow row;
    row.queueId = QueueId{id};
    row.deviceId = DeviceId{deviceId};
    row.queueIndex = index;
    row.name = name;
    put(row);
    QueueEpochRow epoch;
    epoch.queueId = QueueId{id};
    epoch.misses = misses;
    epoch.metadataMisses = metadataMisses;
    put(epoch);
  }

  void pairQueues(std::int64_t pairId, std::int64_t guestQueue, std::int64_t hostQueue) {
    PairSegmentRow row;
    row.pairId = pairId;
    row.guestQueueId = QueueId{guestQueue};
    row.hostQueueId = QueueId{hostQueue};
    row.lastPosition = 100;
    row.method = "position";
    put(row);
  }

  /// iotlb, iotlb_induced, swiotlb, ring, notification, backend, unattributed in us.
  using Parts = std::array<std::int64_t, 7>;
  static ChainRow chain(std::int64_t queueId, std::int64_t position, std::int64_t pairId, const Parts& us) {
    ChainRow row;
    row.queueId = QueueId{queueId};
    row.position = position;
    row.start = position * 1'000'000;
    row.pairId = pairId;
    if (seen(pairId)) {
      row.hostShift = 0;
      row.crossError = 8100;
    }
    row.causes[Cause::Iotlb] = us[0] * 1000;
    row.iotlbInduced = us[1] * 1000;
    row.causes[Cause::Swiotlb] = us[2] * 1000;
    row.causes[Cause::Ring] = us[3] * 1000;
    row.causes[Cause::Notification] = us[4] * 1000;
    row.causes[Cause::Backend] = us[5] * 1000;
    row.causes[Cause::Unattributed] = us[6] * 1000;
    row.points = pointBit(Point::Q) | pointBit(Point::A) | pointBit(Point::f) | pointBit(Point::u) |
                 pointBit(Point::R) | pointBit(Point::C);
    return row;
  }

  /// Writes the chain, and sums it up if it is complete.
  void put(const CauseAggregator::Group& group, const ChainRow& row) {
    put(row);
    if ((row.flags & kIncomplete) == 0) m_aggregator.add(group, row);
  }

  /// Two devices on pci, one of them without an IOTLB in its path, and a silent one on ccw.
  ///   virtio0 req0: 400, 200, 100 us = 700 us: swiotlb 500, notification 110, backend 50, ring 40
  ///   virtio1 rx0: 100 us: iotlb 50 (30 of it induced), ring 10, notification 20, backend 20; 5 s of stock
  ///   virtio1 tx0: 60 us of notification, suspect; reaped 1 ms later
  void fillWorld() {
    put(MetaRow{"tool_version", "0.1.0"});
    capture(1, "guest");
    capture(2, "host", 7);
    fillDevices();
    fillChains();
    fillHealth();
    m_aggregator.write(*m_database);
  }

  std::string report(ReportOptions options) {
    storeTotals(*m_database);
    std::ostringstream out;
    writeReport(*m_database, options, out);
    return out.str();
  }

  std::filesystem::path m_path;
  std::optional<Database> m_database;
  CauseAggregator m_aggregator;

 private:
  void fillDevices() {
    put(device(1, 1, "virtio0", "pci", "blk"));
    DeviceRow host = device(2, 2, "0x55e0", "pci", "blk");
    host.translation = "not in path";
    host.translationReason = "no iommu_platform";
    put(host);
    put(device(3, 1, "virtio1", "pci", "net"));
    host = device(4, 2, "0x55f0", "unknown", "net");
    host.translation = "device iotlb";
    put(host);
    put(device(5, 1, "virtio2", "ccw", "blk"));
    put(DevicePairRow{DeviceId{1}, DeviceId{2}, "position"});
    put(DevicePairRow{DeviceId{3}, DeviceId{4}, "order"});
    queue(10, 1, 0, "req0");
    queue(11, 3, 0, "rx0");
    queue(12, 3, 1, "tx0");
    queue(20, 2, 0, "req0");
    queue(21, 4, 0, "rx0", 3, 1);
    queue(22, 4, 1, "tx0");
    pairQueues(1, 10, 20);
    pairQueues(2, 11, 21);
    pairQueues(3, 12, 22);
  }

  void fillChains() {
    put({"pci", DeviceId{1}, QueueId{10}, Scope::Full}, chain(10, 7, 1, {0, 0, 300, 20, 60, 20, 0}));
    put({"pci", DeviceId{1}, QueueId{10}, Scope::Full}, chain(10, 8, 1, {0, 0, 140, 10, 30, 20, 0}));
    put({"pci", DeviceId{1}, QueueId{10}, Scope::Full}, chain(10, 9, 1, {0, 0, 60, 10, 20, 10, 0}));
    GuestHalfRow half;  // of the slowest: Q 0, A 310, R 395, C 400 us; the host's f 340, u 360 us
    half.queueId = QueueId{10};
    half.position = 7;
    half.q = 7'000'000;
    half.a = 310'000;
    half.r = 395'000;
    half.c = 400'000;
    put(half);
    HostHalfRow hostHalf;
    hostHalf.queueId = QueueId{20};
    hostHalf.position = 7;
    hostHalf.f = 7'340'000;
    hostHalf.u = 20'000;
    put(hostHalf);
    ChainRow open;
    open.queueId = QueueId{10};
    open.position = 10;
    open.flags = kIncomplete | kGuestOnly;
    put(open);
    half = {};
    half.queueId = QueueId{10};
    half.position = 10;
    half.flags = kInFlightAtEnd;
    put(half);
    ChainRow receive = chain(11, 0, 2, {50, 30, 0, 10, 20, 20, 0});
    receive.stock = 5'000'000'000;
    put({"pci", DeviceId{3}, QueueId{11}, Scope::Full}, receive);
    ChainRow transmit = chain(12, 0, 3, {0, 0, 0, 0, 60, 0, 0});
    transmit.reapWait = 1'000'000;
    transmit.flags = kSuspect;
    put({"pci", DeviceId{3}, QueueId{12}, Scope::Full}, transmit);
  }

  void fillHealth() {
    ClockSegmentRow clock;
    clock.segmentId = 1;
    clock.guestCaptureId = 1;
    clock.hostCaptureId = 2;
    clock.end = 2'000'000'000;
    clock.offset = -1'234'567'890;
    clock.driftPpb = 1500;
    clock.driftErrorPpb = 250;
    clock.error = 8100;
    clock.quality = "accurate";
    clock.constraints = 1200;
    put(clock);
    put(LossRow{1, 2, kUnseenQueue, 0, 1'000'000, 7, "discarded"});
    put(LossRow{2, 2, kUnseenQueue, 5'000'000, 5'500'000, kUnseen, "discarded"});
    put(AnomalyRow{1, 2, QueueId{20}, "head-mismatch", "warning", 2, 5, 6, "used head 3 where 4 was expected"});
    put(AnomalyRow{2, 1, kUnseenQueue, "clock-jump", "error", 1, 5, 6, "time went back by 3 us"});
    put(UnpairedRow{1, QueueId{22}, 0, 1234, "two alignments are possible"});
  }
};

}  // namespace descry
