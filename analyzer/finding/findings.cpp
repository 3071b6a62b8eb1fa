// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "analyzer/case/time_unit.hpp"
#include "analyzer/clock/clock_doubts.hpp"
#include "analyzer/finding/advised_machine.hpp"
#include "analyzer/finding/finding.hpp"
#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

std::vector<Target> readTargets(const Database& database) {
  std::vector<Target> targets;
  std::map<std::string, AdvisedMachine> machines;
  Statement rows = database.prepare(
      "SELECT device_id, coalesce(guest_device_id, 0), coalesce(host_device_id, 0),"
      " vm, device, transport, device_kind FROM device_view ORDER BY 1");
  while (rows.step()) {
    Target target;
    target.deviceId = rows.deviceId(0);
    target.guestId = rows.deviceId(1);
    target.hostId = rows.deviceId(2);
    target.vm = std::string(rows.text(3));
    target.device = std::string(rows.text(4));
    target.transport = std::string(rows.text(5));
    target.kind = std::string(rows.text(6));
    const auto machine = machines.find(target.vm);
    target.machine =
        machine != machines.end() ? machine->second : (machines[target.vm] = advisedMachine(database, target.vm));
    if (target.transport == "vhost-user" || isVhostUser(database, target.vm, target.device)) {
      target.machine.vmms = {"vhost-user"};
      target.machine.knowsVmm = true;
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

/// The whole case; advice is in the words of its first machine.
Target caseTarget(const Database& database) {
  Target target;
  Statement rows = database.prepare("SELECT vm FROM device UNION ALL SELECT vm FROM fact LIMIT 1");
  target.machine = advisedMachine(database, rows.step() ? rows.text(0) : std::string_view());
  return target;
}

/// The queues of these devices, in their order. Sides belong together when chains were paired; without any, by index.
std::vector<Target> readQueues(const Database& database, const std::vector<Target>& devices) {
  std::vector<Target> queues;
  Statement rows = database.prepare(
      "SELECT q.queue_id, q.queue_name, q.side = 'guest', coalesce("
      "(SELECT min(host_queue_id) FROM pair_segment WHERE guest_queue_id = q.queue_id),"
      " (SELECT min(queue_id) FROM queue_side_view WHERE device_id = ? AND queue_index = q.queue_index), 0)"
      " FROM queue_side_view q WHERE q.device_id = ? ORDER BY q.queue_index, q.queue_id");
  for (const Target& device : devices) {
    rows.reset();
    rows.bind(0, device.guestId == kNoDevice ? kNoDevice : device.hostId);
    rows.bind(1, device.deviceId);
    while (rows.step()) {
      Target queue = device;
      queue.queueId = rows.queueId(0);
      queue.queue = std::string(rows.text(1));
      const bool guest = rows.integer(2) == 1;
      queue.guestQueueId = guest ? queue.queueId : kNoQueue;
      queue.hostQueueId = guest ? rows.queueId(3) : queue.queueId;
      queues.push_back(std::move(queue));
    }
  }
  return queues;
}

void noteUnjudged(Statement& insert, const Rule& rule, const Target& target, const std::string& reason) {
  if (reason.empty()) return;
  insert.reset();
  insert.bind(0, rule.id);
  insert.bind(1, target.deviceId);
  insert.bind(2, target.queueId);
  insert.bind(3, reason);
  insert.step();
}

/// A finding, with what can only be settled when all are known.
struct Found {
  FindingRow row;
  std::string prediction;
};

/// Total latency of a device (queue 0) or a queue, by the ids of cause_total.
class Latencies {
 public:
  explicit Latencies(const Database& database) {
    Statement rows = database.prepare(
        "SELECT device_id, queue_id, sum(total_ns) FROM cause_total WHERE cause = 'latency' AND level <> 'transport'"
        " GROUP BY device_id, queue_id");
    while (rows.step()) m_total[{rows.deviceId(0), rows.queueId(1)}] = rows.integer(2);
  }

  Ns of(const Target& target) const {
    for (const DeviceId device : {target.guestId, target.hostId})
      if (const auto found = m_total.find({device, target.queueId}); device != kNoDevice && found != m_total.end())
        return found->second;
    return 0;
  }

 private:
  std::map<std::pair<DeviceId, QueueId>, Ns> m_total;
};

/// Devices of captures whose clock counts ticks.
std::set<DeviceId> tickDevices(const Database& database) {
  std::set<DeviceId> devices;
  for (const std::int64_t capture : tickCaptures(database))
    for (const DeviceRow& row : readAll<DeviceRow>(database, fmt::format("WHERE capture_id = {}", capture)))
      devices.insert(row.deviceId);
  return devices;
}

bool countsTicks(const std::set<DeviceId>& tickDevices, const Target& target) {
  return target.deviceId == kNoDevice ? !tickDevices.empty()
                                      : tickDevices.contains(target.guestId) || tickDevices.contains(target.hostId);
}

void judge(const Rule& rule, EvidenceQuery& query, const Target& target, const Latencies& latencies,
           std::vector<Found>& findings, Statement& unjudged) {
  const auto evidence = query.of(target);
  // No row: nothing to judge, unless the side that the rule asks is not there.
  if (!evidence) return noteUnjudged(unjudged, rule, target, target.deviceId != kNoDevice ? lacksGuest(target) : "");
  const auto verdict = rule.judge(target, *evidence);
  if (!verdict) return noteUnjudged(unjudged, rule, target, rule.lacks(target, *evidence));
  FindingRow& row = findings.emplace_back(Found{{}, verdict->prediction}).row;
  row.rule = rule.id;
  row.severity = wordOf(verdict->severity);
  row.confidence = verdict->confidence;
  row.deviceId = target.deviceId == kNoDevice ? kUnseenDevice : target.deviceId;
  row.queueId = target.queueId == kNoQueue ? kUnseenQueue : target.queueId;
  row.sample = verdict->sample;
  row.title = verdict->title;
  row.action = verdict->action;
  row.explained = std::llround(verdict->percent / 100 * static_cast<double>(latencies.of(target)));
  if (verdict->cause) row.cause = std::string(infoOf(*verdict->cause).name);
  row.evidence = evidence->json();
  row.sql = evidence->sql();
  row.why = verdict->why;
  row.change = verdict->change;
  row.cost = verdict->cost;
  row.howToCheck = verdict->howToCheck;
}

Rule::Alarm alarmOf(std::string_view rule) {
  const auto rules = findingRules();
  const auto found = std::ranges::find(rules, rule, &Rule::id);
  return found == rules.end() ? Rule::Alarm::None : found->alarm;
}

/// The worst first: by severity, requests that do not come back before all others, then by the latency that they
/// explain, then in the order of the rules.
void rank(std::vector<Found>& findings) {
  const auto weight = [](const Found& found) {
    return std::tuple(fromWord<Severity>(found.row.severity), isStandstill(found.row.rule), found.row.explained);
  };
  std::stable_sort(findings.begin(), findings.end(),
                   [&](const Found& a, const Found& b) { return weight(a) > weight(b); });
}

/// What taking a cause away would gain is said once for each device.
void predictOnce(std::vector<Found>& findings) {
  std::set<std::pair<DeviceId, OptionalText>> told;
  for (Found& found : findings)
    if (!found.prediction.empty() && told.emplace(found.row.deviceId, found.row.cause).second)
      found.row.why += found.prediction;
}

}  // namespace

std::span<const Rule> findingRules() {
#define DESCRY_LISTED(rule) rule,
  static const std::array rules = {DESCRY_FINDING_RULES(DESCRY_LISTED)};
#undef DESCRY_LISTED
  return rules;
}

bool isStandstill(std::string_view rule) {
  return alarmOf(rule) == Rule::Alarm::NotReturned;
}

bool hasAlarm(const Database& database) {
  Statement rows = database.prepare("SELECT DISTINCT rule FROM finding WHERE severity = 'critical'");
  while (rows.step())
    if (alarmOf(rows.text(0)) != Rule::Alarm::None) return true;
  return false;
}

void writeFindings(Database& database) {
  const std::vector<Target> wholeCase = {caseTarget(database)}, devices = readTargets(database),
                            queues = readQueues(database, devices);
  const Latencies latencies(database);
  const std::set<DeviceId> ticks = tickDevices(database);
  std::vector<Found> findings;
  Statement unjudged = database.prepare("INSERT OR REPLACE INTO unjudged VALUES (?, ?, ?, ?)");
  for (const Rule& rule : findingRules()) {
    const auto& targets = rule.subject == Rule::Subject::Case     ? wholeCase
                          : rule.subject == Rule::Subject::Device ? devices
                                                                  : queues;
    EvidenceQuery query(database, sql::finding(rule.id));
    for (const Target& target : targets) {
      if (rule.needsNanoseconds && countsTicks(ticks, target))
        noteUnjudged(unjudged, rule, target, "the clock counts ticks, not nanoseconds");
      else
        judge(rule, query, target, latencies, findings, unjudged);
    }
  }
  for (const ClockDoubt& doubt : readClockDoubts(database))
    for (Found& found : findings)
      if (found.row.deviceId == doubt.deviceId || found.row.deviceId == kUnseenDevice) found.row.confidence = "low";
  rank(findings);
  predictOnce(findings);
  TableWriter<FindingRow> writer(database);
  std::int64_t id = 0;
  for (Found& found : findings) {
    found.row.findingId = ++id;
    writer.add(found.row);
  }
  writer.flush();
}

}  // namespace descry
