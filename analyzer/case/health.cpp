// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "analyzer/case/summary_parts.hpp"

namespace descry {

namespace {

void readLosses(const Database& database, Summary& summary) {
  Statement rows = database.prepare(
      "SELECT side, reason, coalesce(device, ''), coalesce(queue_name, ''), count(*), sum(coalesce(count, 0)),"
      " sum(count IS NULL), sum(end_ns - begin_ns) FROM loss_view GROUP BY capture_id, queue_id, reason"
      " ORDER BY capture_id, queue_id, reason");
  while (rows.step()) {
    LossSummary loss;
    loss.side = std::string(rows.text(0));
    loss.reason = std::string(rows.text(1));
    loss.device = std::string(rows.text(2));
    loss.queue = std::string(rows.text(3));
    loss.ranges = rows.integer(4);
    loss.events = rows.integer(5);
    loss.uncounted = rows.integer(6);
    loss.span = rows.integer(7);
    summary.losses.push_back(std::move(loss));
  }
}

void readAnomalies(const Database& database, Summary& summary) {
  // With min() the bare column detail is that of the first row (SQLite's rule for min and max).
  Statement rows = database.prepare(
      "SELECT severity, kind, sum(count), detail, min(anomaly_id) FROM anomaly GROUP BY severity, kind"
      " ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, sum(count) DESC, kind");
  while (rows.step()) {
    summary.anomalies.push_back(
        {fromWord<Doubt>(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(3)), rows.integer(2)});
  }
}

void readUnpaired(const Database& database, Summary& summary) {
  Statement rows = database.prepare(
      "SELECT device, queue_name, side, reason, sum(chains) FROM unpaired_view"
      " GROUP BY queue_id, reason ORDER BY sum(chains) DESC, queue_id, reason");
  while (rows.step()) {
    summary.unpaired.push_back({std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2)),
                                std::string(rows.text(3)), rows.integer(4)});
  }
}

/// Whether a point's absence merges two phases. n exists only for received packets and D only with unmapping; both are
/// extra knowledge, not borders between phases.
constexpr bool isBorder(Point point) {
  return point != Point::Q && point != Point::n && point != Point::D;
}

std::string neverSeen(const LevelSummary& level) {
  std::string text;
  for (const PointInfo& info : kPointTable) {
    if (!isBorder(info.point) || level.counts.points[indexOf(info.point)] != 0) continue;
    if (onGuestClock(info.point) ? level.scope == Scope::Host : level.scope == Scope::Guest) continue;
    if (info.point == Point::M && level.device->dmaApi == 0) continue;
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", info.name, info.letter);
  }
  return text;
}

}  // namespace

void readHealth(const Database& database, Summary& summary) {
  readLosses(database, summary);
  readAnomalies(database, summary);
  readUnpaired(database, summary);
}

void describeMissing(Summary& summary) {
  auto& missing = summary.missing;
  if (summary.captures.empty()) {
    missing.emplace_back("No trace was imported, so nothing is known of requests and their latency.");
    return;
  }
  const bool guest = summary.hasSide("guest"), host = summary.hasSide("host");
  if (!host)
    missing.emplace_back(
        "No host capture: exit, wakeup, wait, stall, service, report, signal and inject cannot be told apart, so "
        "neither the IOTLB nor the backend can be blamed; that time is unattributed.");
  if (!guest)
    missing.emplace_back(
        "No guest capture: prepare, publish, doorbell, exit, inject, reap and finish were not seen, so swiotlb bounces "
        "and the guest's share of ring and notification are not in these numbers.");
  if (guest && host && summary.chains.chains > 0 && summary.chains.paired == 0)
    missing.emplace_back("No chain of the guest was matched to one of the host, so each side is reported separately.");
  for (const ClockDoubt& doubt : summary.clockDoubts)
    missing.push_back(
        fmt::format("Guest and host of {} may not belong together: {}. How its latency splits between the two sides is "
                    "not known.",
                    doubt.device, doubt.why));
  std::vector<std::pair<std::string, std::string>> devicesOf;  // points never seen, and where
  for (const LevelSummary& level : summary.byDevice) {
    if (level.device == nullptr || level.complete == 0) continue;
    const std::string points = neverSeen(level);
    if (points.empty()) continue;
    const auto same =
        std::find_if(devicesOf.begin(), devicesOf.end(), [&](const auto& p) { return p.first == points; });
    if (same == devicesOf.end())
      devicesOf.emplace_back(points, level.device->name);
    else
      same->second += ", " + level.device->name;
  }
  for (const auto& [points, devices] : devicesOf)
    missing.push_back(
        fmt::format("{}: not recorded: {}. The phases before and after such a point count as one.", devices, points));
}

}  // namespace descry
