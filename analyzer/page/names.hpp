// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/case/summary.hpp"

namespace descry {

enum class ReportLevel { Transport, Device, Queue };

/// "transport", "device", "queue".
std::string_view levelName(ReportLevel level);

/// The rows that a level of a report has.
const std::vector<LevelSummary>& levelsOf(const Summary& summary, ReportLevel by);

/// "virtio0", with its machine in front when the database has several.
std::string deviceText(const Summary& summary, const DeviceSummary& device);
/// "pci, blk".
std::string identityText(const DeviceSummary& device);
/// "pci", "virtio0", "virtio0 req0".
std::string levelText(const Summary& summary, const LevelSummary& level);
/// "virtio0 req0" of a chain.
std::string placeText(const Summary& summary, const SlowChain& chain);

/// What is said of the cause iotlb where it took no time: "not in path", "0 misses", "not seen" or "unknown" are
/// different answers.
std::string iotlbText(const LevelSummary& level);

}  // namespace descry
