// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/page/names.hpp"

#include <fmt/format.h>

#include <array>

namespace descry {

std::string_view levelName(ReportLevel level) {
  constexpr std::array<std::string_view, 3> kNames = {"transport", "device", "queue"};
  return kNames[static_cast<std::size_t>(level)];
}

const std::vector<LevelSummary>& levelsOf(const Summary& summary, ReportLevel by) {
  if (by == ReportLevel::Transport) return summary.transports;
  return by == ReportLevel::Device ? summary.byDevice : summary.queues;
}

std::string deviceText(const Summary& summary, const DeviceSummary& device) {
  return summary.manyMachines() ? device.vm + "/" + device.name : device.name;
}

std::string identityText(const DeviceSummary& device) {
  const auto known = [](const std::string& value, const char* what) {
    return value == "unknown" ? fmt::format("unknown {}", what) : value;
  };
  return known(device.transport, "transport") + ", " + known(device.kind, "kind");
}

std::string levelText(const Summary& summary, const LevelSummary& level) {
  if (level.device == nullptr) return level.queueId != kNoQueue ? level.queueName : level.transport;
  const std::string device = deviceText(summary, *level.device);
  return level.queueId != kNoQueue ? device + " " + level.queueName : device;
}

std::string placeText(const Summary& summary, const SlowChain& chain) {
  return (summary.manyMachines() ? chain.vm + "/" + chain.device : chain.device) + " " + chain.queueName;
}

std::string iotlbText(const LevelSummary& level) {
  if (!level.translation) return "unknown";
  if (level.translation == Translation::NotInPath) return std::string(wordOf(Translation::NotInPath));
  if (!seen(level.misses)) return "not seen";
  return level.misses == 0 ? "0 misses" : "-";
}

}  // namespace descry
