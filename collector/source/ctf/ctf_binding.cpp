// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/ctf_binding.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "collector/probes/records.h"

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

std::uint64_t readNumber(const bt_field* field, CtfValueType type) {
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

struct Member {
  std::uint64_t index = 0;
  const bt_field_class* fieldClass = nullptr;
};

std::optional<Member> findMember(const bt_field_class* structure, std::string_view name) {
  if (structure == nullptr || bt_field_class_get_type(structure) != BT_FIELD_CLASS_TYPE_STRUCTURE) return {};
  const std::uint64_t members = bt_field_class_structure_get_member_count(structure);
  for (std::uint64_t i = 0; i < members; ++i) {
    const auto* member = bt_field_class_structure_borrow_member_by_index_const(structure, i);
    if (name == bt_field_class_structure_member_get_name(member))
      return Member{i, bt_field_class_structure_member_borrow_field_class_const(member)};
  }
  return {};
}

std::optional<Member> findNumber(const bt_field_class* structure, const NamedValue& source) {
  for (const std::string& name : source.names)
    if (const auto member = findMember(structure, name); member && valueType(member->fieldClass)) return member;
  return {};
}

std::optional<Member> findText(const bt_field_class* structure, const NamedValue& source) {
  for (const std::string& name : source.names)
    if (const auto member = findMember(structure, name);
        member && bt_field_class_get_type(member->fieldClass) == BT_FIELD_CLASS_TYPE_STRING)
      return member;
  return {};
}

void bindThreadId(CtfBinding& binding, const bt_event_class* eventClass, bool ownProvider) {
  const bt_stream_class* streamClass = bt_event_class_borrow_stream_class_const(eventClass);
  // The session may add the thread that forwarded an event of our own provider: its own field comes first.
  const std::pair<CtfBinding::ThreadId, const bt_field_class*> places[] = {
      {CtfBinding::ThreadId::Payload,
       ownProvider ? bt_event_class_borrow_payload_field_class_const(eventClass) : nullptr},
      {CtfBinding::ThreadId::SpecificContext, bt_event_class_borrow_specific_context_field_class_const(eventClass)},
      {CtfBinding::ThreadId::CommonContext, bt_stream_class_borrow_event_common_context_field_class_const(streamClass)},
      {CtfBinding::ThreadId::Payload, bt_event_class_borrow_payload_field_class_const(eventClass)}};
  for (const auto& [place, fields] : places) {
    // Payload only under perf's own name: an event may speak of another thread in a field `tid`.
    const NamedValue names = place != CtfBinding::ThreadId::Payload ? NamedValue{{"vtid", "tid"}}
                             : ownProvider                          ? NamedValue{{"tid"}}
                                                                    : NamedValue{{"perf_tid"}};
    if (const auto member = findNumber(fields, names)) {
      binding.threadId = place;
      binding.threadIdMember = member->index;
      binding.threadIdType = *valueType(member->fieldClass);
      return;
    }
  }
}

}  // namespace

std::int32_t CtfBinding::readThreadId(const bt_event* event) const {
  const bt_field* fields = nullptr;
  switch (threadId) {
    case ThreadId::None:
      return 0;
    case ThreadId::CommonContext:
      fields = bt_event_borrow_common_context_field_const(event);
      break;
    case ThreadId::SpecificContext:
      fields = bt_event_borrow_specific_context_field_const(event);
      break;
    case ThreadId::Payload:
      fields = bt_event_borrow_payload_field_const(event);
      break;
  }
  return static_cast<std::int32_t>(
      readNumber(bt_field_structure_borrow_member_field_by_index_const(fields, threadIdMember), threadIdType));
}

void CtfBinding::decode(const bt_event* event, Ns ns, std::uint16_t onCpu, Batch& batch) const {
  if (!type->handedOn) return EventTypes::skip(*type, ns, batch);
  if (!batchTypes.empty()) return decodeBatch(bt_event_borrow_payload_field_const(event), ns, batch);
  if (time) {
    const bt_field* own = bt_event_borrow_payload_field_const(event);
    ns = static_cast<Ns>(
        readNumber(bt_field_structure_borrow_member_field_by_index_const(own, time->member), time->type));
    if (record != nullptr) return decodeRecord(own, ns, batch);
    if (cpu)
      onCpu = static_cast<std::uint16_t>(
          readNumber(bt_field_structure_borrow_member_field_by_index_const(own, cpu->member), cpu->type));
  }
  Event& decoded = EventTypes::start(*type, ns, batch);
  decoded.cpu = onCpu;
  decoded.tid = readThreadId(event);
  const bt_field* payload = bt_event_borrow_payload_field_const(event);
  for (const CtfSlot& slot : slots) {
    decoded.append(
        slot.field,
        slot.isConstant
            ? slot.member
            : readNumber(bt_field_structure_borrow_member_field_by_index_const(payload, slot.member), slot.type));
  }
  if (hasText) {
    batch.texts.emplace_back(
        bt_field_string_get_value(bt_field_structure_borrow_member_field_by_index_const(payload, textMember)));
    decoded.text = static_cast<std::uint32_t>(batch.texts.size());
  }
  EventTypes::accept(*type, batch);
}

void CtfBinding::decodeRecord(const bt_field* payload, Ns ns, Batch& batch) const {
  Record& values = batch.records.emplace_back(recordOf(DescryHeader{.type = record->type}));
  for (const CtfRecordSlot& slot : recordSlots)
    setField(values, *slot.field,
             readNumber(bt_field_structure_borrow_member_field_by_index_const(payload, slot.member), slot.type));
  acceptRecord(*record, batch);
  Event& event = EventTypes::start(*type, ns, batch);
  event.record = static_cast<std::uint32_t>(batch.records.size());
  EventTypes::accept(*type, batch);
}

void CtfBinding::decodeBatch(const bt_field* payload, Ns ns, Batch& batch) const {
  const bt_field* numbers = bt_field_structure_borrow_member_field_by_index_const(payload, numbersMember);
  const std::uint64_t layout =
      bt_field_integer_unsigned_get_value(bt_field_structure_borrow_member_field_by_index_const(payload, layoutMember));
  const std::uint64_t count = bt_field_array_get_length(numbers);
  const auto number = [numbers](std::uint64_t at) {
    return bt_field_integer_unsigned_get_value(bt_field_array_borrow_element_field_by_index_const(numbers, at));
  };
  ++type->count;
  for (std::uint64_t at = 0; at < count;) {
    const RecordShape* shape = layout == recordLayout() ? recordOfType(number(at)) : nullptr;
    if (shape == nullptr || count - at - 1 < shape->fields.size()) {
      batch.anomalies.push_back({"unknown-records", ns,
                                 "a batch of records of another version of descry: import it with the version that "
                                 "recorded it"});
      return;
    }
    ++at;
    Record& values = batch.records.emplace_back(recordOf(DescryHeader{.type = shape->type}));
    for (const RecordField& field : shape->fields) setField(values, field, number(at++));
    acceptRecord(*shape, batch);
    EventType& own = *batchTypes[shape->type];
    Event& event = EventTypes::start(own, static_cast<Ns>(recordAs<DescryHeader>(values).ns), batch);
    event.record = static_cast<std::uint32_t>(batch.records.size());
    EventTypes::accept(own, batch);
  }
}

namespace {

/// A batch counts as the records that are in it.
void bindBatch(CtfBinding& binding, EventTypes& types, const bt_field_class* payload) {
  const auto numbers = findMember(payload, "numbers");
  const auto layout = findMember(payload, "layout");
  const auto isUnsigned = [](const bt_field_class* fieldClass) {
    return valueType(fieldClass) == CtfValueType::Unsigned;
  };
  if (!numbers || !layout || !isUnsigned(layout->fieldClass) ||
      !bt_field_class_type_is(bt_field_class_get_type(numbers->fieldClass), BT_FIELD_CLASS_TYPE_ARRAY) ||
      !isUnsigned(bt_field_class_array_borrow_element_field_class_const(numbers->fieldClass))) {
    binding.type->handedOn = false;
    binding.type->missing = "numbers and their layout";
    return;
  }
  binding.numbersMember = numbers->index;
  binding.layoutMember = layout->index;
  for (std::uint32_t type = 0; type < DescryFirstRaw; ++type) {
    const RecordShape* shape = recordOfType(type);
    binding.batchTypes.push_back(
        shape == nullptr ? nullptr
                         : &types.add(CtfBinding::kProvider, shape->name, [](const NamedValue&) { return true; }));
  }
}

/// What the collector's own provider carries besides the values of an event.
void bindProvider(CtfBinding& binding, std::string_view event, const bt_field_class* payload) {
  const auto slotOf = [payload](const char* name) -> std::optional<CtfSlot> {
    const auto member = findNumber(payload, NamedValue{{name}});
    if (!member) return {};
    return CtfSlot{Field::Value, false, *valueType(member->fieldClass), member->index};
  };
  binding.time = slotOf("ns");
  binding.cpu = slotOf("cpu");
  binding.record = findRecord(event);
  const EventKind kind = binding.type->alias->kind;
  const bool isRecord =
      kind == EventKind::HostRecord || kind == EventKind::GuestRecord || kind == EventKind::CaptureRecord;
  if (isRecord && (binding.record == nullptr || !binding.time)) {
    binding.type->handedOn = false;
    binding.type->missing = "a record of this name with a time";
  }
  if (binding.record == nullptr) return;
  for (const RecordField& field : binding.record->fields)
    if (const auto member = findNumber(payload, NamedValue{{std::string(field.name)}}))
      binding.recordSlots.push_back({&field, *valueType(member->fieldClass), member->index});
}

}  // namespace

const CtfBinding& CtfBindings::add(const bt_event_class* eventClass) {
  CtfBinding& binding = m_bindings.emplace_back();
  binding.eventClass = eventClass;
  const char* rawName = bt_event_class_get_name(eventClass);
  const std::string_view name = rawName == nullptr ? "(no name)" : rawName;
  const std::size_t colon = name.find(':');
  const std::string_view group = colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
  const std::string_view event = colon == std::string_view::npos ? name : name.substr(colon + 1);
  const bt_field_class* payload = bt_event_class_borrow_payload_field_class_const(eventClass);
  binding.type = &m_types.add(
      group, event, [&](const NamedValue& source) { return findNumber(payload, source) || findText(payload, source); });
  if (const Alias* alias = binding.type->alias; alias != nullptr && binding.type->handedOn) {
    for (const FieldAlias& value : alias->fields) {
      if (value.constant)
        binding.slots.push_back({value.field, true, CtfValueType::Unsigned, *value.constant});
      else if (const auto member = findNumber(payload, value.source))
        binding.slots.push_back({value.field, false, *valueType(member->fieldClass), member->index});
    }
    if (alias->text)
      if (const auto member = findText(payload, *alias->text)) {
        binding.hasText = true;
        binding.textMember = member->index;
      }
    const bool own = group == CtfBinding::kProvider;
    bindThreadId(binding, eventClass, own);
    if (own && event == "records")
      bindBatch(binding, m_types, payload);
    else if (own)
      bindProvider(binding, event, payload);
  }
  if (m_bindings.size() * 2 > m_table.size()) {
    m_table.assign(m_table.size() * 2, nullptr);
    for (const CtfBinding& known : m_bindings) insert(&known);
  } else {
    insert(&binding);
  }
  return binding;
}

void CtfBindings::insert(const CtfBinding* binding) {
  std::size_t slot = hash(binding->eventClass);
  while (m_table[slot] != nullptr) slot = (slot + 1) & (m_table.size() - 1);
  m_table[slot] = binding;
}

}  // namespace descry
