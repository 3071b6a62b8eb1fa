// SPDX-License-Identifier: GPL-2.0-or-later
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/compare/formats.hpp"

namespace descry {

namespace {

using Json = nlohmann::ordered_json;

double rounded(double value) {
  return std::round(value * 1e6) / 1e6;
}

/// Shares have six decimals, times are whole ns.
Json changeJson(const Change& change, const ComparisonOptions& options, bool isShare) {
  const auto number = [&](double value) { return isShare ? Json(rounded(value)) : Json(std::llround(value)); };
  return {{"base", number(change.base)},
          {"now", number(change.now)},
          {"difference", number(change.difference())},
          {"relative", change.base == 0 ? Json(nullptr) : Json(rounded(change.relative()))},
          {"low", change.tested ? number(change.low) : Json(nullptr)},
          {"high", change.tested ? number(change.high) : Json(nullptr)},
          {"p", change.tested ? Json(rounded(change.p)) : Json(nullptr)},
          {"significant", change.significant},
          {"matters", ComparedLevel::matters(change, options)}};
}

Json rateJson(const Change& gap) {
  const auto rate = [](double ns) { return ns > 0 ? Json(rounded(1e9 / ns)) : Json(nullptr); };
  // A long gap is a low rate: the ends change places.
  return {{"base", rate(gap.base)},
          {"now", rate(gap.now)},
          {"low", gap.tested ? rate(gap.base + gap.high) : Json(nullptr)},
          {"high", gap.tested ? rate(gap.base + gap.low) : Json(nullptr)}};
}

/// Ids are each database's own; a level above has none.
template <typename Id>
Json idsJson(Id base, Id now) {
  const auto id = [](Id each) { return each != Id{0} ? Json(numberOf(each)) : Json(nullptr); };
  return {{"base", id(base)}, {"now", id(now)}};
}

Json levelJson(const ComparedLevel& level, const ComparisonOptions& options) {
  Json causes = Json::object();
  for (const ComparedCause& cause : level.causes)
    causes[std::string(cause.cause)] = {{"mean_ns", changeJson(cause.mean, options, false)},
                                        {"share", changeJson(cause.share, options, true)}};
  constexpr const char* names[] = {"transport", "device", "queue"};
  return {{"level", names[static_cast<std::size_t>(level.level)]},
          {"transport", level.transport},
          {"base_transport", level.baseTransport},
          {"device", level.device.empty() ? Json(nullptr) : Json(level.device)},
          {"queue", level.queue.empty() ? Json(nullptr) : Json(level.queue)},
          {"device_id", idsJson(level.baseDeviceId, level.nowDeviceId)},
          {"queue_id", idsJson(level.baseQueueId, level.nowQueueId)},
          {"chains", {{"base", level.baseChains}, {"now", level.nowChains}}},
          {"chains_per_second", rateJson(level.gap)},
          {"latency_ns",
           {{"mean", changeJson(level.mean, options, false)},
            {"p50", changeJson(level.p50, options, false)},
            {"p99", changeJson(level.p99, options, false)},
            {"p999", changeJson(level.p999, options, false)}}},
          {"causes", causes}};
}

}  // namespace

void writeComparisonJson(const Comparison& comparison, const ReportOptions&, std::ostream& out) {
  Json levels = Json::array();
  for (const ComparedLevel& level : comparison.levels) levels.push_back(levelJson(level, comparison.options));
  const Json document = {{"schema_version", 1},
                         {"base", comparison.basePath},
                         {"now", comparison.nowPath},
                         {"base_damaged", comparison.baseDamaged},
                         {"now_damaged", comparison.nowDamaged},
                         {"level", comparison.options.level},
                         {"threshold", comparison.options.threshold},
                         {"slower", comparison.slower},
                         {"faster", comparison.faster},
                         {"verdict", comparison.verdict},
                         {"changed", comparison.changed},
                         {"unmatched", comparison.unmatched},
                         {"levels", levels}};
  out << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace descry
