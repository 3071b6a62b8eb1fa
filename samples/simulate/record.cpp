// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/record.hpp"

#include <algorithm>

namespace descry::simulate {

EventId Record::add(Ns ns, Context context, EventKind kind, std::initializer_list<FieldValue> values,
                    std::uint8_t variant) {
  Event event;
  event.ns = ns;
  event.tid = context.tid;
  event.cpu = context.cpu;
  event.kind = kind;
  event.variant = variant;
  std::vector<FieldValue> sorted(values);
  std::sort(sorted.begin(), sorted.end(), [](const FieldValue& a, const FieldValue& b) { return a.field < b.field; });
  for (const FieldValue& value : sorted) event.append(value.field, value.value);
  m_events.push_back(event);
  return static_cast<EventId>(m_events.size() - 1);
}

}  // namespace descry::simulate
