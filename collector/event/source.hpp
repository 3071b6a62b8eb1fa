// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "collector/event/batch.hpp"

namespace descry {

/// How often an event name was met, and what it was taken for.
struct EventCount {
  std::optional<EventKind> kind;  ///< nothing: unknown, skipped
  std::int64_t count = 0;         ///< 0: declared by the trace, never fired
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
