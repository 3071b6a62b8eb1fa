// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gui/data/selection.hpp"

namespace descry::gui {

/// A number in both cases, in ns. `low` and `high`: 95 % confidence interval of now - base; none where either case has
/// too few chains for one.
struct ComparedNumber {
  double base = 0, now = 0;
  std::optional<double> low, high;
  bool significant = false;
  bool matters = false;  ///< significant and large enough to speak of

  double difference() const { return now - base; }
};

/// A transport, device or queue that both cases have.
struct ComparedPlace {
  LevelRow::Kind kind = LevelRow::Kind::Transport;
  std::string transport, baseTransport, device, queue;  ///< as in the new case; empty above their level
  std::int64_t baseDeviceId = 0, nowDeviceId = 0, baseQueueId = 0, nowQueueId = 0;
  std::int64_t baseChains = 0, nowChains = 0;
  ComparedNumber mean, p50, p99, p999;
  std::array<ComparedNumber, kCauses> causes{};  ///< mean per chain
  ComparedNumber induced;                        ///< part of iotlb

  std::string title() const;
  /// The queues of the place in one of the two cases.
  Selection selection(const Case& all, bool ofBase) const;
};

/// What `descry diff --format json` says.
struct CaseComparison {
  std::vector<std::string> verdict, changed, unmatched;
  std::vector<ComparedPlace> places;  ///< transports, then devices, then queues
  bool slower = false, faster = false, baseDamaged = false, nowDamaged = false;
};

/// Throws Error when the text is no comparison.
CaseComparison readComparison(std::string_view json);

/// The command that says the same in words; paths are quoted for the shell where they have to be.
std::string diffCommand(const std::string& base, const std::string& now);

}  // namespace descry::gui
