// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/decode/event_types.hpp"

struct tep_event;

namespace descry {

/// Where a value stands in the binary record of an ftrace event.
struct RecordSlot {
  Field field = Field::Device;
  bool isConstant = false, isSigned = false;
  std::uint32_t offset = 0, size = 0;
  std::uint64_t constant = 0;
};

/// A string of a record: in place, or its place is in the record (__data_loc, __rel_loc).
struct RecordText {
  enum class Place : std::uint8_t { Fixed, DataLoc, RelLoc };
  Place place = Place::Fixed;
  std::uint32_t offset = 0, size = 0;  ///< size 0: up to the end of the record
};

/// The bytes of one record with the byte order of the machine that wrote them.
struct RecordView {
  const char* data = nullptr;
  std::size_t size = 0;
  bool swapped = false;
};

/// How to decode the events of one id of a trace.dat: worked out once from the event's format.
class RecordBinding {
 public:
  RecordBinding(const tep_event& event, EventTypes& types);

  EventType& type() const { return *m_type; }
  /// Puts the record into the batch, or only counts it.
  void decode(const RecordView& record, Ns ns, std::int32_t tid, std::uint16_t cpu, Batch& batch) const;

 private:
  std::string_view text(const RecordView& record) const;

  EventType* m_type;
  std::vector<RecordSlot> m_slots;
  bool m_hasText = false;
  RecordText m_text;
  std::uint32_t m_smallest = 0;  ///< a record shorter than this is damaged
};

}  // namespace descry
