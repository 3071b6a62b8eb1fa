// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/case/summary.hpp"
#include "analyzer/report/batch.hpp"
#include "analyzer/report/formats.hpp"
#include "analyzer/report/report.hpp"

namespace descry {

namespace {

using Json = nlohmann::ordered_json;

Json orNull(std::int64_t value) {
  return seen(value) ? Json(value) : Json(nullptr);
}
Json orNull(const OptionalText& value) {
  return value ? Json(*value) : Json(nullptr);
}
Json truthOrNull(std::int64_t value) {
  return seen(value) ? Json(value != 0) : Json(nullptr);
}

// Six decimals are beyond every clock's precision and keep the text the same on every machine.
double rounded(double share) {
  return std::round(share * 1e6) / 1e6;
}

Json probesJson(const Summary& summary, std::int64_t captureId) {
  for (const ProbeCostSummary& cost : summary.probeCosts)
    if (cost.captureId == captureId)
      return {{"hits", cost.hits},
              {"total_ns", cost.cost},
              {"chains", cost.chains},
              {"share", rounded(static_cast<double>(cost.cost) / static_cast<double>(cost.latency))}};
  return nullptr;
}

Json captureJson(const Summary& summary, const CaptureRow& row) {
  return {{"side", row.side},
          {"path", row.path},
          {"source", row.source},
          {"tool", orNull(row.tool)},
          {"host_name", orNull(row.hostName)},
          {"kernel", orNull(row.kernel)},
          {"clock", orNull(row.clock)},
          {"time_unit", summary.tickCaptures.contains(row.captureId) ? "ticks" : "ns"},
          {"sha256", orNull(row.sha256)},
          {"first_ns", row.origin},
          {"duration_ns", row.last},
          {"events", row.events},
          {"decoded", row.decoded},
          {"unknown", row.unknown},
          {"discarded", row.discarded < 0 ? Json(nullptr) : Json(row.discarded)},
          {"loses_events", row.discarded != 0},
          {"probes_missed", orNull(row.probesMissed)},
          {"probes", probesJson(summary, row.captureId)}};
}

std::string_view timeUnit(const Summary& summary) {
  return summary.tickCaptures.empty()                             ? "ns"
         : summary.tickCaptures.size() == summary.captures.size() ? "ticks"
                                                                  : "mixed";
}

Json clockJson(const Summary& summary) {
  Json segments = Json::array();
  Ns worst = kUnseen;
  for (const ClockSegmentRow& row : summary.clock) {
    worst = std::max(worst, row.error);
    segments.push_back({{"guest_capture", row.guestCaptureId},
                        {"host_capture", row.hostCaptureId},
                        {"begin_ns", row.begin},
                        {"end_ns", row.end},
                        {"offset_ns", row.offset},
                        {"error_ns", row.error},
                        {"drift_ppb", row.driftPpb},
                        {"drift_error_ppb", row.driftErrorPpb},
                        {"quality", row.quality},
                        {"constraints", row.constraints},
                        {"source", row.source}});
  }
  const bool both = summary.hasSide("guest") && summary.hasSide("host");
  return {{"sides", both                       ? "both"
                    : summary.hasSide("guest") ? "guest"
                    : summary.hasSide("host")  ? "host"
                                               : "none"},
          {"largest_error_ns", orNull(worst)},
          {"segments", std::move(segments)}};
}

Json healthJson(const Summary& summary) {
  const ChainCounts& chains = summary.chains;
  Json losses = Json::array(), anomalies = Json::array(), unpaired = Json::array();
  for (const LossSummary& loss : summary.losses)
    losses.push_back({{"side", loss.side},
                      {"device", loss.device.empty() ? Json(nullptr) : Json(loss.device)},
                      {"queue_name", loss.queue.empty() ? Json(nullptr) : Json(loss.queue)},
                      {"reason", loss.reason},
                      {"ranges", loss.ranges},
                      {"span_ns", loss.span},
                      {"events", loss.events},
                      {"uncounted_ranges", loss.uncounted}});
  for (const AnomalySummary& anomaly : summary.anomalies)
    anomalies.push_back({{"severity", wordOf(anomaly.severity)},
                         {"kind", anomaly.kind},
                         {"count", anomaly.count},
                         {"detail", anomaly.detail}});
  for (const UnpairedSummary& row : summary.unpaired)
    unpaired.push_back({{"device", row.device},
                        {"queue_name", row.queue},
                        {"side", row.side},
                        {"chains", row.chains},
                        {"reason", row.reason}});
  return {{"chains",
           {{"all", chains.chains},
            {"complete", chains.complete},
            {"incomplete", chains.incomplete},
            {"in_flight", summary.inFlight},
            {"paired", chains.paired},
            {"guest_only", chains.guestOnly},
            {"host_only", chains.hostOnly},
            {"left_out", chains.leftOut},
            {"suspect", chains.suspect},
            {"suspect_included", summary.suspectIncluded},
            {"order_contradicted", chains.contradicted},
            {"unsynchronised", chains.unsynchronised}}},
          {"losses", std::move(losses)},
          {"anomalies", std::move(anomalies)},
          {"unpaired", std::move(unpaired)},
          {"missing", summary.missing}};
}

Json causeJson(const LevelSummary& level, Cause cause) {
  const CauseSum& sum = level.cause(cause);
  Json json = {{"total_ns", sum.total}, {"share", rounded(level.share(sum.total))}, {"p99_ns", sum.p99}};
  if (cause == Cause::Iotlb) json["induced_ns"] = level.induced.total;
  return json;
}

Json idleJson(const IdleWait& wait) {
  return {{"chains", wait.chains}, {"total_ns", wait.total}, {"max_ns", wait.max}};
}

void addNumbers(Json& json, const LevelSummary& level) {
  json["scope"] = wordOf(level.scope);
  json["chains"] = level.complete;
  json["latency_ns"] = {
      {"p50", level.latency.p50}, {"p99", level.latency.p99}, {"p999", level.latency.p999}, {"max", level.latency.max}};
  json["total_ns"] = level.latency.total;
  json["exact"] = level.exact;
  Json& causes = json["causes"] = Json::object();
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    causes[std::string(kCauseNames[cause])] = causeJson(level, static_cast<Cause>(cause));
  json["misses"] = orNull(level.misses);
  json["metadata_misses"] = orNull(level.metadataMisses);
  json["probe_hits"] = level.probedHalves > 0 ? Json(level.probeHits) : Json(nullptr);
  json["stock"] = idleJson(level.counts.before);
  json["reap_wait"] = idleJson(level.counts.after);
}

Json phaseJson(const LevelSummary& queue, const PhaseTotalRow& phase) {
  Json causes = Json::object();
  for (const CauseInfo& info : kCauseTable) causes[std::string(info.name)] = phase.causes[info.cause];
  return {{"phase", phase.phase},          {"chains", phase.chains},
          {"total_ns", phase.total},       {"share", rounded(queue.share(phase.total))},
          {"p50_ns", phase.p50},           {"p99_ns", phase.p99},
          {"max_ns", phase.max},           {"exact", phase.exact != 0},
          {"causes_ns", std::move(causes)}};
}

Json levelJson(const LevelSummary& level) {
  Json json;
  if (level.device != nullptr) {
    json["vm"] = level.device->vm;
    json["device"] = level.device->name;
  }
  json["transport"] = level.transport;
  if (level.device != nullptr) json["device_kind"] = level.device->kind;
  if (level.queueId != kNoQueue) {
    json["queue_index"] = orNull(level.queueIndex);
    json["queue_name"] = level.queueName;
  } else if (level.device != nullptr) {
    json["bus_id"] = orNull(level.device->busId);
    json["paired_by"] = orNull(level.device->pairedBy);
    json["access_platform"] = truthOrNull(level.device->accessPlatform);
    json["swiotlb_forced"] = truthOrNull(level.device->swiotlbForced);
    json["translation_reason"] = orNull(level.device->translationReason);
  }
  if (level.device != nullptr)
    json["translation"] = level.translation ? Json(wordOf(*level.translation)) : Json(nullptr);
  addNumbers(json, level);
  if (level.queueId != kNoQueue) {
    Json& phases = json["phases"] = Json::array();
    for (const PhaseTotalRow& phase : level.phases) phases.push_back(phaseJson(level, phase));
    Json& parts = json["notification_parts"] = Json::array();
    for (const NotificationPart& part : level.notification)
      parts.push_back({{"part", part.part},
                       {"chains", part.chains},
                       {"total_ns", part.total},
                       {"share", rounded(level.share(part.total))}});
  }
  return json;
}

Json levelsJson(const std::vector<LevelSummary>& levels) {
  Json json = Json::array();
  for (const LevelSummary& level : levels) json.push_back(levelJson(level));
  return json;
}

Json slowJson(const SlowChain& chain) {
  Json causes = Json::object(), points = Json::array();
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    causes[std::string(kCauseNames[cause])] = orNull(chain.causes[cause]);
  for (const PointTime& point : chain.points)
    points.push_back({{"point", infoOf(point.point).name}, {"letter", infoOf(point.point).letter}, {"ns", point.ns}});
  return {{"vm", chain.vm},
          {"device", chain.device},
          {"transport", chain.transport},
          {"queue_index", orNull(chain.queueIndex)},
          {"queue_name", chain.queueName},
          {"epoch", chain.id.epoch},
          {"position", chain.id.position},
          {"start_ns", orNull(chain.start)},
          {"total_ns", chain.total},
          {"scope", wordOf(chain.scope)},
          {"suspect", chain.suspect},
          {"causes_ns", std::move(causes)},
          {"iotlb_induced_ns", orNull(chain.induced)},
          {"stock_ns", orNull(chain.stock)},
          {"reap_wait_ns", orNull(chain.reapWait)},
          {"cross_error_ns", orNull(chain.crossError)},
          {"points", std::move(points)}};
}

Json findingJson(const FindingSummary& finding) {
  return {{"rule", finding.rule},
          {"severity", wordOf(finding.severity)},
          {"confidence", finding.confidence},
          {"vm", orNull(finding.vm)},
          {"device", orNull(finding.device)},
          {"queue", orNull(finding.queue)},
          {"sample", finding.sample},
          {"title", finding.title},
          {"evidence", Json::parse(finding.evidence)},
          {"sql", finding.sql},
          {"why", finding.why},
          {"change", finding.change},
          {"cost", finding.cost},
          {"how_to_check", finding.howToCheck},
          {"action", finding.action},
          {"cause", orNull(finding.cause)},
          {"explained_ns", finding.explained}};
}

}  // namespace

void writeJsonReport(const ReportedCase& reported, const ReportOptions&, std::ostream& out) {
  const Summary& summary = reported.summary();
  Json captures = Json::array(), findings = Json::array(), slowest = Json::array();
  for (const CaptureRow& row : summary.captures) captures.push_back(captureJson(summary, row));
  for (const FindingSummary& finding : summary.findings) findings.push_back(findingJson(finding));
  for (const SlowChain& chain : summary.slowest) slowest.push_back(slowJson(chain));
  const Json report = {
      {"schema_version", 1},
      {"time_unit", timeUnit(summary)},
      {"tool",
       {{"name", "descry"}, {"version", summary.toolVersion.empty() ? Json(nullptr) : Json(summary.toolVersion)}}},
      {"captures", std::move(captures)},
      {"clock", clockJson(summary)},
      {"health", healthJson(summary)},
      {"findings", std::move(findings)},
      {"transports", levelsJson(summary.transports)},
      {"devices", levelsJson(summary.byDevice)},
      {"queues", levelsJson(summary.queues)},
      {"slowest", std::move(slowest)}};
  // Names come from traces: invalid UTF-8 is replaced instead of losing the report.
  out << report.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void writeJsonIndex(const std::vector<BatchCase>& cases, std::string_view extension, std::ostream& out) {
  Json list = Json::array(), failed = Json::array();
  for (const BatchCase& entry : cases) {
    if (!entry.reported) {
      failed.push_back({{"database", entry.database.string()}, {"error", entry.error}});
      continue;
    }
    Json causes = Json::object();
    for (std::size_t i = 0; i < kCauses; ++i) causes[std::string(kCauseNames[i])] = entry.causes[i];
    list.push_back({{"name", entry.name},
                    {"database", entry.database.string()},
                    {"report", fmt::format("{}.{}", entry.name, extension)},
                    {"doubtful", entry.damaged},
                    {"critical", entry.critical},
                    {"warnings", entry.warnings},
                    {"rules", entry.rules},
                    {"worst", entry.worst.empty() ? Json(nullptr) : Json(entry.worst)},
                    {"chains", entry.chains},
                    {"time_unit", entry.ticks ? "ticks" : "ns"},
                    {"total_ns", entry.total},
                    {"outside_backend_ns", entry.ticks ? Json(nullptr) : Json(entry.overhead())},
                    {"p99_ns", entry.p99},
                    {"p99_device", entry.device.empty() ? Json(nullptr) : Json(entry.device)},
                    {"causes_ns", std::move(causes)}});
  }
  const Json index = {{"schema_version", 1}, {"cases", std::move(list)}, {"failed", std::move(failed)}};
  out << index.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace descry
