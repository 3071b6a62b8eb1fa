// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "collector/event/event.hpp"

namespace descry::simulate {

/// Index of an event in the record of its side; kNoEvent: no probe looks at it.
using EventId = std::int32_t;
inline constexpr EventId kNoEvent = -1;

struct FieldValue {
  Field field;
  std::uint64_t value;
};

/// Where something happens: the thread and processor that a tracer would print.
struct Context {
  std::int32_t tid = 0;
  std::uint16_t cpu = 0;
};

/// Everything a perfect tracer of one side would see, in order, with `Event::ns` in true time.
class Record {
 public:
  /// Fields may come in any order.
  EventId add(Ns ns, Context context, EventKind kind, std::initializer_list<FieldValue> values,
              std::uint8_t variant = 0);
  const std::vector<Event>& events() const { return m_events; }

 private:
  std::vector<Event> m_events;
};

}  // namespace descry::simulate
