// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/golden/imported.hpp"

namespace descry::golden {

/// Order statistics as truth.json states them: percentile q is sorted[min(n - 1, int(q * n))].
struct Distribution {
  std::size_t n = 0;
  std::int64_t min = 0, median = 0, p99 = 0, max = 0;
  bool operator==(const Distribution&) const = default;
};

Distribution distributionOf(std::vector<std::int64_t> values);
/// null in the truth file: no value at all.
Distribution distributionOf(const nlohmann::json& truth);
std::ostream& operator<<(std::ostream& out, const Distribution& distribution);

/// One epoch of one host queue as truth.json keys it: "1:0", "1:0/epoch1", "0x55..:0" or, for vhost, "1".
struct HostQueue {
  std::string key;
  QueueId queueId = kNoQueue;
  std::int64_t epoch = 0;
  const nlohmann::json* truth = nullptr;
};

struct GuestQueue {
  std::string key;  ///< "device:queue"
  QueueId queueId = kNoQueue;
  const nlohmann::json* truth = nullptr;
};

/// A reference capture, imported once per process by the program that users run, with what is known about it.
class ReferenceCase : public Imported {
 public:
  static const ReferenceCase& named(const std::string& name);
  static std::vector<std::string> names();
  static std::filesystem::path directory(const std::string& name);

  const std::string& name() const { return m_name; }
  const nlohmann::json& truth() const { return m_truth; }
  /// case.json
  const nlohmann::json& facts() const { return m_facts; }
  bool has(std::string_view side) const { return m_truth.contains(side); }
  std::vector<GuestQueue> guestQueues() const;
  std::vector<HostQueue> hostQueues() const;
  QueueId guestQueueId(const std::string& key) const;
  QueueId hostQueueId(const std::string& key) const;
  /// Our number of the epoch that truth.json calls `key`, counted from the last one backwards.
  std::int64_t hostEpoch(const std::string& key) const;

 private:
  explicit ReferenceCase(std::string name);
  std::string m_name;
  nlohmann::json m_truth, m_facts;
};

}  // namespace descry::golden
