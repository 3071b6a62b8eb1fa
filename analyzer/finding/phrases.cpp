// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/finding/phrases.hpp"

#include <fmt/format.h>

#include "schemas/text/quantity.hpp"

namespace descry {

std::string lacksHost(const Target& target) {
  return (target.queueId != 0 ? target.hostQueueId : target.hostId) == 0 ? "the host was not recorded" : "";
}

std::string lacksGuest(const Target& target) {
  return (target.queueId != 0 ? target.guestQueueId : target.guestId) == 0 ? "the guest was not recorded" : "";
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
  const std::string mean = timeText(evidence.integer("predicted_mean_ns"));
  const std::string recorded = timeText(evidence.integer("replayed_mean_ns"));
  if (mean == recorded) return "";  // less than the digits show
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

std::string qemuModel(const Target& target) {
  const std::string kind = target.kind == "unknown" ? "*" : target.kind;
  const std::string_view bus = target.transport == "ccw" ? "ccw" : target.transport == "mmio" ? "device" : "pci";
  return fmt::format("virtio-{}-{}", kind, bus);
}

}  // namespace descry
