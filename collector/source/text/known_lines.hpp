// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace descry {

/// Whether the line is one of those that stand between events by rights: what tools say beside them, call chains, the
/// kernel's log on the same console, the commands that were typed.
bool isKnownLine(std::string_view line);

/// What the comments of ftrace text say: "# tracer: nop", "# entries-in-buffer/entries-written: 373/453   #P:2".
class FtraceHeader {
 public:
  void read(std::string_view line);

  const std::string& tracer() const { return m_tracer; }
  /// The output of function_graph has lines of its own.
  bool isFunctionGraph() const { return m_tracer == "function_graph"; }
  /// Entries that the text should hold; 0: it does not say.
  std::int64_t entries() const;
  /// Entries that newer ones had overwritten when the text was written.
  std::int64_t overwritten() const;
  std::int64_t cpus() const { return m_cpus; }

 private:
  void readCounts(std::string_view line, std::string_view label);

  std::string m_tracer;
  /// In the buffer and written. Each file of per_cpu/ has the same numbers: those of all CPUs.
  std::set<std::pair<std::int64_t, std::int64_t>> m_counts;
  std::int64_t m_cpus = 0;
};

}  // namespace descry
