// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/babeltrace/bt_events.hpp"

#include <optional>

namespace descry {

namespace {

std::optional<CtfValueType> valueType(const bt_field_class* fieldClass) {
  const bt_field_class_type type = bt_field_class_get_type(fieldClass);
  if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER)) return CtfValueType::Unsigned;
  if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER)) return CtfValueType::Signed;
  if (type == BT_FIELD_CLASS_TYPE_BOOL) return CtfValueType::Boolean;
  if (type == BT_FIELD_CLASS_TYPE_BIT_ARRAY) return CtfValueType::Bits;
  return {};
}

bool isNumbers(const bt_field_class* fieldClass) {
  return bt_field_class_type_is(bt_field_class_get_type(fieldClass), BT_FIELD_CLASS_TYPE_ARRAY) &&
         valueType(bt_field_class_array_borrow_element_field_class_const(fieldClass)) == CtfValueType::Unsigned;
}

std::vector<CtfMember> membersOf(const bt_field_class* structure) {
  std::vector<CtfMember> members;
  if (structure == nullptr || bt_field_class_get_type(structure) != BT_FIELD_CLASS_TYPE_STRUCTURE) return members;
  const std::uint64_t count = bt_field_class_structure_get_member_count(structure);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto* member = bt_field_class_structure_borrow_member_by_index_const(structure, i);
    const bt_field_class* fieldClass = bt_field_class_structure_member_borrow_field_class_const(member);
    CtfMember& known = members.emplace_back();
    known.name = bt_field_class_structure_member_get_name(member);
    if (const auto type = valueType(fieldClass)) {
      known.kind = CtfMember::Kind::Number;
      known.type = *type;
    } else if (bt_field_class_get_type(fieldClass) == BT_FIELD_CLASS_TYPE_STRING) {
      known.kind = CtfMember::Kind::Text;
    } else if (isNumbers(fieldClass)) {
      known.kind = CtfMember::Kind::Numbers;
    }
  }
  return members;
}

}  // namespace

std::uint64_t BtEventFields::number(CtfPlace place, std::uint64_t member, CtfValueType type) const {
  const bt_field* fields = place == CtfPlace::CommonContext     ? bt_event_borrow_common_context_field_const(m_event)
                           : place == CtfPlace::SpecificContext ? bt_event_borrow_specific_context_field_const(m_event)
                                                                : bt_event_borrow_payload_field_const(m_event);
  const bt_field* field = bt_field_structure_borrow_member_field_by_index_const(fields, member);
  switch (type) {
    case CtfValueType::Unsigned:
      return bt_field_integer_unsigned_get_value(field);
    case CtfValueType::Signed:
      return static_cast<std::uint64_t>(bt_field_integer_signed_get_value(field));
    case CtfValueType::Boolean:
      return bt_field_bool_get_value(field) != BT_FALSE ? 1 : 0;
    case CtfValueType::Bits:
      return bt_field_bit_array_get_value_as_integer(field);
  }
  return 0;
}

const CtfBinding& BtEvents::add(const bt_event_class* eventClass) {
  CtfEventShape shape;
  const char* name = bt_event_class_get_name(eventClass);
  shape.name = name == nullptr ? "(no name)" : name;
  shape.commonContext = membersOf(bt_stream_class_borrow_event_common_context_field_class_const(
      bt_event_class_borrow_stream_class_const(eventClass)));
  shape.specificContext = membersOf(bt_event_class_borrow_specific_context_field_class_const(eventClass));
  shape.payload = membersOf(bt_event_class_borrow_payload_field_class_const(eventClass));
  Known& known = m_known.emplace_back(Known{eventClass, bindEvent(m_types, shape)});
  if (m_known.size() * 2 > m_table.size()) {
    m_table.assign(m_table.size() * 2, nullptr);
    for (const Known& each : m_known) insert(&each);
  } else {
    insert(&known);
  }
  return known.binding;
}

void BtEvents::insert(const Known* known) {
  std::size_t slot = hash(known->eventClass);
  while (m_table[slot] != nullptr) slot = (slot + 1) & (m_table.size() - 1);
  m_table[slot] = known;
}

}  // namespace descry
