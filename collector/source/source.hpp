// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/event.hpp"

namespace descry {

/// A time range in which the tracer says, or its file shows, that events are missing.
struct LossRange {
  Ns begin = 0, end = 0;    ///< on the trace's own clock, absolute
  std::int64_t count = -1;  ///< -1: unknown
  std::string reason;       ///< discarded, overwritten, truncated
  std::string detail;       ///< in words
};

/// Something in the trace that could not be right, counted by kind by whoever receives it.
struct SourceAnomaly {
  std::string kind;  ///< kebab-case
  Ns ns = 0;
  std::string detail;
};

/// A structure of probes/records.h that the provider `descry` wrote. Which one: its header says it.
using Record = std::array<std::uint64_t, 32>;

template <typename Structure>
const Structure& recordAs(const Record& record) {
  return *reinterpret_cast<const Structure*>(record.data());
}

/// Events in time order with what was noticed between them. Events of kind Context are counted in TraceInfo but only
/// here when their variant tells the transport.
struct Batch {
  std::vector<Event> events;
  std::vector<std::string> texts;
  std::vector<Record> records;  ///< of the events of kinds HostRecord, GuestRecord, CaptureRecord
  std::vector<LossRange> losses;
  std::vector<SourceAnomaly> anomalies;

  void clear() {
    events.clear();
    texts.clear();
    records.clear();
    losses.clear();
    anomalies.clear();
  }
};

/// How often an event name was met, and what it was taken for.
struct EventCount {
  std::optional<EventKind> kind;  ///< nothing: unknown, skipped
  std::int64_t count = 0;         ///< 0: declared by the trace, never fired
};

/// What a trace says of itself. Complete after the last read().
struct TraceInfo {
  std::filesystem::path path;
  std::string source;  ///< ctf, trace_dat, ftrace_text
  std::optional<std::string> tool, hostName, kernel, clock;
  std::optional<Ns> clockEpochNs;
  std::map<std::string, EventCount, std::less<>> counts;  ///< by "group:name"
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

/// A kind of trace that can be read: one entry in the list of sources.cpp.
struct SourceFormat {
  std::string_view name;
  /// True when `path` looks like this format (cheap: names and first bytes).
  bool (*recognise)(const std::filesystem::path& path);
  std::unique_ptr<Source> (*open)(const std::filesystem::path& path);
};

/// Opens the trace at `path`. Throws Error that says what was found there and what was expected.
std::unique_ptr<Source> openSource(const std::filesystem::path& path);
/// True when `path` is a trace that openSource would take.
bool isTrace(const std::filesystem::path& path);
/// The traces at or below `path`, in name order. Text is only taken where its directory has no trace-cmd file, because
/// it is then a listing of the same events.
std::vector<std::filesystem::path> findTraces(const std::filesystem::path& path);

}  // namespace descry
