// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/case/summary.hpp"

#include <algorithm>
#include <set>

#include "analyzer/case/outline.hpp"
#include "analyzer/case/summary_parts.hpp"
#include "analyzer/case/time_unit.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

OptionalText textOrNothing(const Statement& row, int column) {
  return row.isNull(column) ? OptionalText() : OptionalText(std::string(row.text(column)));
}

std::vector<FindingSummary> readFindings(const Database& database) {
  std::vector<FindingSummary> findings;
  Statement rows = database.prepare(
      "SELECT rule, severity, confidence, vm, device, queue_name, sample, title, evidence, sql, why, change, cost,"
      " how_to_check, action, cause, explained_ns FROM finding_view ORDER BY finding_id");
  while (rows.step()) {
    const auto text = [&](int column) { return std::string(rows.text(column)); };
    findings.push_back({text(0), text(2), fromWord<Severity>(rows.text(1)), textOrNothing(rows, 3),
                        textOrNothing(rows, 4), textOrNothing(rows, 5), rows.integer(6), text(7), text(8), text(9),
                        text(10), text(11), text(12), text(13), text(14), textOrNothing(rows, 15), rows.integer(16)});
  }
  return findings;
}

void readQueues(const Database& database, Topology& topology) {
  Statement rows = database.prepare("SELECT queue_id, device_id, queue_index, queue_name, side FROM queue_side_view");
  while (rows.step()) {
    QueueIdentity queue;
    const auto device = topology.deviceOf.find(rows.deviceId(1));
    queue.deviceId = device == topology.deviceOf.end() ? rows.deviceId(1) : device->second;
    queue.guestQueueId = rows.queueId(0);
    queue.index = integerOrUnseen(rows, 2);
    queue.name = std::string(rows.text(3));
    queue.onHost = fromWord<Side>(rows.text(4)) == Side::Host;
    topology.queues[rows.queueId(0)] = std::move(queue);
  }
  for (const PairSegmentRow& segment : readAll<PairSegmentRow>(database))
    if (const auto host = topology.queues.find(segment.hostQueueId); host != topology.queues.end())
      host->second.guestQueueId = segment.guestQueueId;
}

}  // namespace

void ChainCounts::add(const ChainCounts& other) {
  for (const auto member :
       {&ChainCounts::chains, &ChainCounts::complete, &ChainCounts::paired, &ChainCounts::suspect,
        &ChainCounts::suspectComplete, &ChainCounts::incomplete, &ChainCounts::guestOnly, &ChainCounts::hostOnly,
        &ChainCounts::startAssumed, &ChainCounts::contradicted, &ChainCounts::unsynchronised, &ChainCounts::leftOut})
    this->*member += other.*member;
  for (const auto wait : {&ChainCounts::before, &ChainCounts::after}) {
    (this->*wait).chains += (other.*wait).chains;
    (this->*wait).total += (other.*wait).total;
    (this->*wait).max = std::max((this->*wait).max, (other.*wait).max);
  }
  for (std::size_t i = 0; i < kPoints; ++i) points[i] += other.points[i];
}

double LevelSummary::share(Ns total) const {
  return latency.total > 0 ? static_cast<double>(total) / static_cast<double>(latency.total) : 0.0;
}

bool Summary::hasSide(std::string_view side) const {
  return std::any_of(captures.begin(), captures.end(), [&](const CaptureRow& row) { return row.side == side; });
}

bool Summary::countsTicks(Scope scope) const {
  const std::string_view other = scope == Scope::Guest ? "host" : scope == Scope::Host ? "guest" : "";
  return std::any_of(captures.begin(), captures.end(),
                     [&](const CaptureRow& row) { return row.side != other && tickCaptures.contains(row.captureId); });
}

bool Summary::manyMachines() const {
  std::set<std::string> names;
  for (const auto& [id, device] : devices) names.insert(device.vm);
  return names.size() > 1;
}

Topology readDevices(const Database& database, Summary& summary) {
  Topology topology;
  Statement rows = database.prepare(
      "SELECT coalesce(guest_device_id, host_device_id), guest_device_id, host_device_id, vm, device, transport,"
      " device_kind, bus_id, paired_by, translation, translation_reason, access_platform, swiotlb_forced, dma_api,"
      " active FROM device_view");
  while (rows.step()) {
    DeviceSummary device;
    device.deviceId = rows.deviceId(0);
    for (const int side : {1, 2})
      if (!rows.isNull(side)) topology.deviceOf[rows.deviceId(side)] = device.deviceId;
    device.vm = std::string(rows.text(3));
    device.name = std::string(rows.text(4));
    device.transport = std::string(rows.text(5));
    device.kind = std::string(rows.text(6));
    device.busId = textOrNothing(rows, 7);
    device.pairedBy = textOrNothing(rows, 8);
    if (!rows.isNull(9)) device.translation = fromWord<Translation>(rows.text(9));
    device.translationReason = textOrNothing(rows, 10);
    device.accessPlatform = integerOrUnseen(rows, 11);
    device.swiotlbForced = integerOrUnseen(rows, 12);
    device.dmaApi = integerOrUnseen(rows, 13);
    device.active = integerOrUnseen(rows, 14);
    const DeviceId deviceId = device.deviceId;
    summary.devices[deviceId] = std::move(device);
  }
  readQueues(database, topology);
  return topology;
}

namespace {

std::vector<ProbeCostSummary> readProbeCosts(const Database& database) {
  std::vector<ProbeCostSummary> costs;
  Statement rows = database.prepare(
      "SELECT side, capture_id, hits, chains, probe_ns, latency_ns, percent FROM probe_cost_view"
      " WHERE percent IS NOT NULL ORDER BY capture_id");
  while (rows.step()) {
    ProbeCostSummary cost;
    cost.side = std::string(rows.text(0));
    cost.captureId = rows.integer(1);
    cost.hits = rows.integer(2);
    cost.chains = rows.integer(3);
    cost.cost = rows.integer(4);
    cost.latency = rows.integer(5);
    cost.percent = rows.real(6);
    costs.push_back(std::move(cost));
  }
  return costs;
}

}  // namespace

namespace {

struct Outline {
  Summary summary;
  Topology topology;
};

Outline readParts(const Database& database) {
  Outline outline;
  Summary& summary = outline.summary;
  summary.databasePath = database.path().string();
  summary.toolVersion = database.queryText("SELECT value FROM meta WHERE key = 'tool_version'").value_or("");
  summary.captures = readAll<CaptureRow>(database, "ORDER BY capture_id");
  summary.tickCaptures = tickCaptures(database);
  summary.machineFacts = readAll<FactRow>(database, "WHERE subject = 'machine' ORDER BY vm, name, source");
  summary.bounces = readAll<BounceRow>(database, "ORDER BY capture_id, device");
  summary.clock = readAll<ClockSegmentRow>(database, "ORDER BY guest_capture_id, host_capture_id, begin_ns");
  summary.clockDoubts = readClockDoubts(database);
  summary.hasHalves = hasRows<GuestHalfRow>(database) || hasRows<HostHalfRow>(database);
  outline.topology = readDevices(database, summary);
  readLevels(database, outline.topology, summary);
  readHealth(database, summary);
  summary.findings = readFindings(database);
  return outline;
}

}  // namespace

Summary readOutline(const Database& database) {
  return readParts(database).summary;
}

Summary readSummary(const Database& database, int slowest) {
  auto [summary, topology] = readParts(database);
  addCounts(database, topology, readCounts(database, summary), summary);
  readSlowest(database, slowest, summary);
  describeMissing(summary);
  summary.probeCosts = readProbeCosts(database);
  return std::move(summary);
}

}  // namespace descry
