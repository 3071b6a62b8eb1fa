// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/event/batch.hpp"

namespace descry {

/// How often an event name was met, and what it was taken for.
struct EventCount {
  std::optional<EventKind> kind;  ///< nothing: unknown, skipped
  std::int64_t count = 0;         ///< 0: declared by the trace, never fired
};

/// When a trace has events of any name: the time of one in each span of some milliseconds, which grow with the trace.
class HeardTimes {
 public:
  /// Fast, and small, where times mostly rise.
  void note(Ns ns) {
    const std::int64_t span = ns >> m_shift;
    if (span == m_last) [[likely]]
      return;
    m_last = span;
    m_times.push_back(ns);
    if (m_times.size() == kMost) thin();
  }
  const std::vector<Ns>& times() const { return m_times; }

 private:
  static constexpr std::size_t kMost = 4096;

  void thin() {
    for (std::size_t i = 0; i < kMost / 2; ++i) m_times[i] = m_times[2 * i];
    m_times.resize(kMost / 2);
    ++m_shift;
    m_last = m_times.back() >> m_shift;
  }

  int m_shift = 24;  // 17 ms
  std::int64_t m_last = std::numeric_limits<std::int64_t>::min();
  std::vector<Ns> m_times;
};

/// What a trace says of itself. Complete after the last read().
struct TraceInfo {
  std::filesystem::path path;
  std::string source;  ///< ctf, trace_dat, ftrace_text, qemu_log
  std::optional<std::string> tool, hostName, kernel, clock;
  std::optional<Ns> clockEpochNs;
  Ns resolution = 1;  ///< smallest step of its time stamps, which are cut or rounded to it
  std::map<std::string, EventCount, std::less<>> counts;  ///< by "group:name"
  bool ticks = false;                                     ///< the clock counts something else than nanoseconds
  std::optional<Ns> first, last;  ///< times of the first and last event of any name, on the trace's own clock
  HeardTimes heard;               ///< on the same clock
};

/// One trace being read. One thread at a time; nothing of the library behind it leaves this class.
class Source {
 public:
  virtual ~Source() = default;
  /// Appends up to a few thousand events to `batch` (which it clears first). False when the trace has ended and nothing
  /// was appended. Throws Error when nothing at all can be read; a trace that breaks off later ends with a LossRange
  /// of reason "truncated".
  virtual bool read(Batch& batch) = 0;
  virtual const TraceInfo& info() const = 0;
  /// 0..1, from bytes or time; nothing when it cannot be known.
  virtual std::optional<double> progress() const = 0;
};

}  // namespace descry
