// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/report/figure_data.hpp"

#include <nlohmann/json.hpp>

#include "schemas/text/escape.hpp"

namespace descry {

namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string figureData(const BarFigure& figure) {
  Json data = {{"kind", "bars"}, {"relative", figure.relative}, {"labels", Json::array()}};
  if (!figure.chains.empty()) data["chains"] = figure.chains;
  data["causes"] = Json::array();
  for (const CauseBar& bar : figure.bars) {
    data["labels"].push_back(utf8(bar.label));
    data["causes"].push_back(bar.causes);
  }
  return data.dump();
}

std::string figureData(const DistributionFigure& figure) {
  Json queues = Json::array();
  for (const auto& queue : figure.queues) {
    Json causes = Json::object(), zeros = Json::object();
    for (const auto& [cause, buckets] : queue.causes) {
      Json& list = causes[cause] = Json::array();
      for (const auto& [bucket, count] : buckets) list.push_back({bucket, count});
    }
    for (const auto& [cause, count] : queue.zeros) zeros[cause] = count;
    queues.push_back({{"name", utf8(queue.name)},
                      {"chains", queue.chains},
                      {"p50", queue.p50},
                      {"p99", queue.p99},
                      {"causes", std::move(causes)},
                      {"zeros", std::move(zeros)}});
  }
  return Json{{"kind", "distribution"}, {"queues", std::move(queues)}}.dump();
}

}  // namespace descry
