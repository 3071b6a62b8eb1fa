// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "collector/event/event.hpp"
#include "schemas/model/words.hpp"

namespace descry {

/// A time range in which the tracer says, or its file shows, that events are missing.
struct LossRange {
  Ns begin = 0, end = 0;    ///< on the trace's own clock, absolute
  std::int64_t count = -1;  ///< -1: unknown
  std::string reason;       ///< discarded, overwritten, wrapped, truncated
  std::string detail;       ///< in words
};

/// Something in the trace that could not be right; the receiver counts it by kind.
struct SourceAnomaly {
  std::string kind;  ///< kebab-case
  Ns ns = 0;
  std::string detail;
  Doubt severity = Doubt::Warning;
};

/// A copy of the structure whose bytes begin at `bytes`, which need not be aligned.
template <typename Structure>
Structure structureAt(const std::byte* bytes) {
  static_assert(std::is_trivially_copyable_v<Structure>);
  Structure structure;
  std::memcpy(&structure, bytes, sizeof structure);
  return structure;
}

/// A structure of probes/records.h that the provider `descry` wrote. Which one: its header says it.
using Record = std::array<std::uint64_t, 32>;

/// A copy, because the numbers of a Record may not be looked at through another type.
template <typename Structure>
Structure recordAs(const Record& record) {
  static_assert(sizeof(Structure) <= sizeof(Record));
  return structureAt<Structure>(std::as_bytes(std::span(record)).data());
}

template <typename Structure>
Record recordOf(const Structure& structure) {
  static_assert(std::is_trivially_copyable_v<Structure> && sizeof(Structure) <= sizeof(Record));
  Record record{};
  std::memcpy(record.data(), &structure, sizeof structure);
  return record;
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

}  // namespace descry
