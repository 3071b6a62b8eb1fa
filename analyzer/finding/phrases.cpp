// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/finding/phrases.hpp"

#include <fmt/format.h>

#include "schemas/text/quantity.hpp"

namespace descry {

std::string lacksHost(const Target& target) {
  const bool hasHost = target.queueId != kNoQueue ? target.hostQueueId != kNoQueue : target.hostId != kNoDevice;
  return hasHost ? "" : "the host was not recorded";
}

std::string lacksGuest(const Target& target) {
  const bool hasGuest = target.queueId != kNoQueue ? target.guestQueueId != kNoQueue : target.guestId != kNoDevice;
  return hasGuest ? "" : "the guest was not recorded";
}

std::string lacksSample(std::int64_t seen, std::string_view what, std::int64_t needed) {
  return seen < needed ? fmt::format("{} {} were seen, {} are needed", countText(seen), what, needed) : "";
}

std::string firstOf(std::initializer_list<std::string> reasons) {
  for (const std::string& reason : reasons)
    if (!reason.empty()) return reason;
  return "";
}

std::string predictedGain(const Evidence& evidence, std::string_view what) {
  if (!evidence.known("predicted_gain_percent")) return "";
  constexpr double kWorthSaying = 5;     // percent of the mean
  constexpr std::int64_t kLeast = 1000;  // ns
  const std::int64_t predictedNs = evidence.integer("predicted_mean_ns"), nowNs = evidence.integer("replayed_mean_ns");
  if (evidence.real("predicted_gain_percent") < kWorthSaying || nowNs - predictedNs < kLeast) return "";
  const std::string mean = timeText(predictedNs), recorded = timeText(nowNs);
  const std::string low = percent(evidence.real("predicted_gain_low_percent"));
  const std::string high = percent(evidence.real("predicted_gain_high_percent"));
  std::string text = fmt::format(
      " A replay of {} chains without {} predicts a mean latency of {} instead of {}, {} less ({})",
      countText(evidence.integer("predicted_chains")), what, mean, recorded,
      percent(evidence.real("predicted_gain_percent")),
      low == high ? "however the load reacts" : fmt::format("{} to {}, depending on how the load reacts", low, high));
  const std::string median = timeText(evidence.integer("predicted_p50_ns"));
  const std::string recordedMedian = timeText(evidence.integer("replayed_p50_ns"));
  if (median != recordedMedian) text += fmt::format(", and a median of {} instead of {}", median, recordedMedian);
  return text + '.';
}

std::string percent(double value) {
  return value <= 0 ? "0 %" : percentText(value / 100);
}

std::string turn(const Target& target, Knob knob, std::string_view value, std::string_view then) {
  const AdvisedDevice device = target.advised();
  std::string text = advice(target.machine, device, knob, value);
  if (isPossible(target.machine, device, knob, value)) text += then;
  return text + ".";
}

std::string turnLine(std::string_view purpose, const Target& target, Knob knob, std::string_view value) {
  return adviceLine(purpose, target.machine, target.advised(), knob, value);
}

Knob ringSizeOf(const Target& target) {
  if (target.kind != "net") return Knob::RingSize;
  return target.queue.starts_with("rx") ? Knob::RxRingSize : Knob::TxRingSize;
}

}  // namespace descry
