// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analyzer/case/summary.hpp"
#include "analyzer/compare/bootstrap.hpp"
#include "analyzer/report/report.hpp"

namespace descry {

struct ComparisonOptions {
  double level = 0.05;      ///< chance of any false alarm in one comparison
  double threshold = 0.02;  ///< smaller relative changes are not worth a word, however certain
};

/// One cause (or iotlb_induced) of a level in both cases.
struct ComparedCause {
  std::string_view cause;
  Change mean;   ///< ns per chain
  Change share;  ///< of the latency, 0..1
};

/// A transport, device or queue that both cases have. Latencies are ns.
struct ComparedLevel {
  ReportLevel level = ReportLevel::Device;
  std::string transport, device, queue;  ///< names as in the new case; empty above their level
  std::string baseTransport;
  DeviceId baseDeviceId = kNoDevice, nowDeviceId = kNoDevice;
  QueueId baseQueueId = kNoQueue, nowQueueId = kNoQueue;  ///< 0 above their level
  std::int64_t baseChains = 0, nowChains = 0;
  Change mean, p50, p99, p999;
  Change gap;  ///< ns from chain to chain; its inverse is the rate
  std::vector<ComparedCause> causes;

  /// One of kSumNames apart from the latency. Throws std::out_of_range for another name.
  const ComparedCause& cause(std::string_view name) const;
  /// Whether `change` is significant and large enough to matter.
  static bool matters(const Change& change, const ComparisonOptions& options);
};

/// Everything a diff says, computed once. Each format only writes it.
struct Comparison {
  ComparisonOptions options;
  std::string basePath, nowPath;
  bool baseDamaged = false, nowDamaged = false;
  std::vector<ComparedLevel> levels;    ///< transports, then devices, then queues
  std::vector<std::string> verdict;     ///< what got slower or faster, and by which cause; never empty
  std::vector<std::string> changed;     ///< configuration, kernels, features, findings: what differs
  std::vector<std::string> unmatched;   ///< devices and queues that only one case has
  bool slower = false, faster = false;  ///< a latency changed significantly, and enough to matter
};

/// Called often while cases are compared; throws to stop it.
using Checkpoint = std::function<void()>;

Comparison compareCases(
    const Database& base, const Database& now, const ComparisonOptions& options, const Checkpoint& checkpoint = [] {});

/// What differs between two cases apart from the numbers, in sentences.
std::vector<std::string> configurationChanges(const Database& base, const Summary& before, const Database& now,
                                              const Summary& after);

/// Which device of the new case is which of the base: by name and kind, else by kind where each case has one of it.
/// First is the base's device_id, second the new one's.
std::vector<std::pair<DeviceId, DeviceId>> matchDevices(const Summary& base, const Summary& now);

}  // namespace descry
