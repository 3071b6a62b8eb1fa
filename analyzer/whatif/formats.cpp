// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/whatif/formats.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
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

void writeRow(TextPage& page, const char* name, const Predicted& predicted, bool isTime) {
  const double off = predicted.recorded > 0 ? predicted.replayed / predicted.recorded - 1 : 0;
  page.line(fmt::format(
      "  {:<6}{:>12}{:>26}{:>12}{:>14}", name, isTime ? timeText(predicted.recorded) : rateText(predicted.recorded),
      rangeText(predicted.low, predicted.high, isTime),
      predicted.recorded > 0 ? changeText(predicted.middle() / predicted.recorded - 1) : "-", changeText(off)));
}

void writeText(const Prediction& prediction, const ReportOptions& options, std::ostream& out) {
  TextPage page(out, options);
  std::string title;
  for (const CauseChange& change : prediction.changes) title += (title.empty() ? "" : ", ") + causeText(change);
  page.paragraph("", fmt::format("{} with {}", printable(prediction.databasePath), title), 2, Ink::Bold);
  for (const QueuePrediction& queue : prediction.queues) {
    page.heading(fmt::format("{} {} ({}): {} chains, one worker{}{}", printable(queue.device), printable(queue.queue),
                             queue.transport, countText(queue.chains),
                             queue.sharers > 1 ? fmt::format(" for {} queues", queue.sharers) : "",
                             queue.serial ? "" : ", served side by side"));
    page.line(page.paint(Ink::Faint, fmt::format("  {:<6}{:>12}{:>26}{:>12}{:>14}", "", "recorded", "predicted",
                                                 "change", "replay off by")));
    writeRow(page, "mean", queue.mean, true);
    writeRow(page, "p50", queue.p50, true);
    writeRow(page, "p99", queue.p99, true);
    writeRow(page, "rate", queue.rate, false);
  }
  if (prediction.queues.empty()) page.line("No queue could be replayed.");
  for (const std::string& note : prediction.notes) page.paragraph("", note, 2, Ink::Yellow);
  if (!prediction.queues.empty())
    page.paragraph("",
                   "Predicted: from a load that comes when it came to one that comes as fast as it is served, widened "
                   "by how far the replay of the unchanged case is off.",
                   0, Ink::Faint);
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
