// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "collector/event/source.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// Turns ftrace's "events are missing before this one" into time ranges: from the CPU's event before to this one.
/// Before a CPU's first event the range begins with the trace.
class CpuLosses {
 public:
  /// To be called for every event of `cpu` in its order; `missed` 0: none, -1: unknown number.
  void at(std::uint64_t cpu, Ns ns, std::int64_t missed) {
    auto [entry, isFirst] = m_last.try_emplace(cpu, kUnseen);
    if (missed != 0) [[unlikely]]
      add(cpu, entry->second, ns, missed);
    entry->second = ns;
  }
  std::optional<Ns> last(std::uint64_t cpu) const {
    const auto found = m_last.find(cpu);
    return found == m_last.end() ? std::nullopt : std::optional(found->second);
  }
  /// Hands out what was collected. `traceBegin` is the time of the trace's first event.
  void moveTo(std::vector<LossRange>& losses, Ns traceBegin) {
    for (LossRange& loss : m_losses) {
      if (!seen(loss.begin)) loss.begin = traceBegin < loss.end ? traceBegin : loss.end;
      losses.push_back(std::move(loss));
    }
    m_losses.clear();
  }

 private:
  void add(std::uint64_t cpu, Ns begin, Ns end, std::int64_t missed) {
    LossRange loss{begin, end, missed < 0 ? -1 : missed, "overwritten", {}};
    loss.detail = "the ftrace buffer of CPU " + std::to_string(cpu) + " overwrote " +
                  (missed < 0 ? std::string("events") : std::to_string(missed) + " events");
    m_losses.push_back(std::move(loss));
  }

  std::map<std::uint64_t, Ns> m_last;
  std::vector<LossRange> m_losses;
};

}  // namespace descry
