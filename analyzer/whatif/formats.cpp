// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/whatif/formats.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/page/cells.hpp"
#include "analyzer/report/print.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Json = nlohmann::ordered_json;

std::string causeText(const CauseChange& change) {
  const std::string_view name = kCauseNames[static_cast<std::size_t>(change.cause)];
  if (change.added != 0) return fmt::format("{} more of {} per chain", timeText(change.added), name);
  return change.factor == 0 ? fmt::format("no {}", name) : fmt::format("{} times {:g}", name, change.factor);
}

std::string rangeText(double low, double high, bool isTime) {
  const auto text = [&](double value) { return isTime ? timeText(value) : rateText(value); };
  const std::string from = text(low), to = text(high);
  return from == to ? from : from + " .. " + to;
}

Table tableOf(const QueuePrediction& queue) {
  constexpr auto kRight = Column::Align::Right;
  Table table{"Prediction",
              {{"", Column::Align::Left, 8},
               {"recorded", kRight, 12},
               {"predicted", kRight, 26},
               {"change", kRight, 12},
               {"replay error", kRight, 14}},
              {}};
  const auto add = [&](const char* name, const Predicted& predicted, bool isTime) {
    const double off = predicted.recorded > 0 ? predicted.replayed / predicted.recorded - 1 : 0;
    const auto cell = [](std::string text) { return textCell(std::move(text)); };
    table.rows.push_back({cell(fmt::format("  {}", name)),
                          cell(isTime ? timeText(predicted.recorded) : rateText(predicted.recorded)),
                          cell(rangeText(predicted.low, predicted.high, isTime)),
                          cell(predicted.recorded > 0 ? changeText(predicted.middle() / predicted.recorded - 1) : "-"),
                          cell(changeText(off))});
  };
  add("mean", queue.mean, true);
  add("p50", queue.p50, true);
  add("p99", queue.p99, true);
  add("rate", queue.rate, false);
  return table;
}

Page pageOf(const Prediction& prediction) {
  Page page{"", "Descry whatif", {}};
  std::string changes;
  for (const CauseChange& change : prediction.changes) changes += (changes.empty() ? "" : ", ") + causeText(change);
  Sentences title, notes;
  title.items.push_back({"", fmt::format("{} with {}", prediction.databasePath, changes)});
  page.sections.push_back({"changes", "", {}});
  page.sections.back().add(std::move(title));
  for (const QueuePrediction& queue : prediction.queues) {
    Section section{"queue", fmt::format("{} {} ({}): {} chains, one worker{}{}", queue.device, queue.queue,
                                         queue.transport, countText(queue.chains),
                                         queue.sharers > 1 ? fmt::format(" for {} queues", queue.sharers) : "",
                                         queue.serial ? "" : ", served side by side")};
    section.add(tableOf(queue));
    page.sections.push_back(std::move(section));
  }
  for (const std::string& note : prediction.notes) notes.items.push_back({"", note, {}, Ink::Yellow});
  notes.items.push_back({"",
                         "Predicted: from a load that comes when it came to one that comes as fast as it is served, "
                         "widened by how far the replay of the unchanged case is off.",
                         {},
                         Ink::Faint});
  page.sections.push_back({"notes", "", {}});
  page.sections.back().add(std::move(notes));
  return page;
}

void writeText(const Prediction& prediction, const ReportOptions& options, std::ostream& out) {
  printText(pageOf(prediction), options, out);
}

Json predictedJson(const Predicted& predicted) {
  const auto number = [](double value) { return std::round(value * 10) / 10; };
  return {{"recorded", number(predicted.recorded)}, {"replayed", number(predicted.replayed)},
          {"open", number(predicted.open)},         {"closed", number(predicted.closed)},
          {"low", number(predicted.low)},           {"high", number(predicted.high)}};
}

void writeJson(const Prediction& prediction, const ReportOptions&, std::ostream& out) {
  Json changes = Json::array(), queues = Json::array();
  for (const CauseChange& change : prediction.changes)
    changes.push_back({{"cause", kCauseNames[static_cast<std::size_t>(change.cause)]},
                       {"factor", change.factor},
                       {"added_ns", change.added}});
  for (const QueuePrediction& queue : prediction.queues)
    queues.push_back(
        {{"transport", queue.transport},
         {"device", queue.device},
         {"queue", queue.queue},
         {"chains", queue.chains},
         {"serial", queue.serial},
         {"queues_of_worker", queue.sharers},
         {"latency_ns",
          {{"mean", predictedJson(queue.mean)}, {"p50", predictedJson(queue.p50)}, {"p99", predictedJson(queue.p99)}}},
         {"chains_per_second", predictedJson(queue.rate)}});
  const Json document = {{"schema_version", 1},
                         {"database", prediction.databasePath},
                         {"changes", changes},
                         {"queues", queues},
                         {"notes", prediction.notes}};
  out << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

// clang-format off
constexpr std::array kFormats = {
    PredictionFormat{"text", writeText},
    PredictionFormat{"json", writeJson},
};
// clang-format on

}  // namespace

std::span<const PredictionFormat> predictionFormats() {
  return kFormats;
}

}  // namespace descry
