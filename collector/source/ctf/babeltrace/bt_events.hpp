// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <babeltrace2/babeltrace.h>

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "collector/source/ctf/binding/ctf_binding.hpp"

namespace descry {

/// One event of Babeltrace, as CtfBinding::decode reads it.
class BtEventFields {
 public:
  explicit BtEventFields(const bt_event* event) : m_event(event) {}

  std::uint64_t number(CtfPlace place, std::uint64_t member, CtfValueType type) const;
  /// By its length: of an empty text Babeltrace 2.0 hands out the letters of the one before.
  std::string_view text(std::uint64_t member) const {
    return {bt_field_string_get_value(payload(member)), bt_field_string_get_length(payload(member))};
  }
  std::uint64_t count(std::uint64_t member) const { return bt_field_array_get_length(payload(member)); }
  std::uint64_t element(std::uint64_t member, std::uint64_t at) const {
    return bt_field_integer_unsigned_get_value(bt_field_array_borrow_element_field_by_index_const(payload(member), at));
  }

 private:
  const bt_field* payload(std::uint64_t member) const {
    return bt_field_structure_borrow_member_field_by_index_const(bt_event_borrow_payload_field_const(m_event), member);
  }

  const bt_event* m_event;
};

/// Finds the binding of an event class by its address; classes live as long as their trace.
class BtEvents {
 public:
  explicit BtEvents(EventTypes& types) : m_types(types), m_table(64) {}

  const CtfBinding& of(const bt_event_class* eventClass) {
    for (std::size_t slot = hash(eventClass);; slot = (slot + 1) & (m_table.size() - 1)) {
      if (m_table[slot] == nullptr) return add(eventClass);
      if (m_table[slot]->eventClass == eventClass) return m_table[slot]->binding;
    }
  }

 private:
  struct Known {
    const bt_event_class* eventClass;
    CtfBinding binding;
  };

  std::size_t hash(const bt_event_class* eventClass) const {
    const auto address = reinterpret_cast<std::uintptr_t>(eventClass);
    return ((address >> 4U) * 0x9e3779b97f4a7c15U >> 32U) & (m_table.size() - 1);
  }
  const CtfBinding& add(const bt_event_class* eventClass);
  void insert(const Known* known);

  EventTypes& m_types;
  std::deque<Known> m_known;
  std::vector<const Known*> m_table;
};

}  // namespace descry
