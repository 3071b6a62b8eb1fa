// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/trace_dat/trace_dat_binding.hpp"

#include <fmt/format.h>
#include <traceevent/event-parse.h>

#include <algorithm>
#include <cstring>

namespace descry {

namespace {

template <typename T>
T loadAs(const char* bytes, bool swapped) {
  T value = 0;
  std::memcpy(&value, bytes, sizeof value);
  if constexpr (sizeof value == 2) return swapped ? static_cast<T>(__builtin_bswap16(value)) : value;
  if constexpr (sizeof value == 4) return swapped ? static_cast<T>(__builtin_bswap32(value)) : value;
  if constexpr (sizeof value == 8) return swapped ? static_cast<T>(__builtin_bswap64(value)) : value;
  return value;
}

template <typename Signed>
std::uint64_t extend(std::make_unsigned_t<Signed> value, bool isSigned) {
  return isSigned ? static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<Signed>(value))) : value;
}

std::uint64_t load(const char* bytes, const RecordSlot& slot, bool swapped) {
  switch (slot.size) {
    case 1:
      return extend<std::int8_t>(loadAs<std::uint8_t>(bytes, swapped), slot.isSigned);
    case 2:
      return extend<std::int16_t>(loadAs<std::uint16_t>(bytes, swapped), slot.isSigned);
    case 4:
      return extend<std::int32_t>(loadAs<std::uint32_t>(bytes, swapped), slot.isSigned);
    default:
      return loadAs<std::uint64_t>(bytes, swapped);
  }
}

bool isText(const tep_format_field& field) {
  return (field.flags & TEP_FIELD_IS_STRING) != 0;
}

bool isNumber(const tep_format_field& field) {
  return (field.flags & (TEP_FIELD_IS_STRING | TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC)) == 0 &&
         (field.size == 1 || field.size == 2 || field.size == 4 || field.size == 8);
}

const tep_format_field* findField(const tep_event& event, const NamedValue& source,
                                  bool (*wanted)(const tep_format_field&)) {
  for (const std::string& name : source.names)
    for (const tep_format_field* field = event.format.fields; field != nullptr; field = field->next)
      if (name == field->name && wanted(*field)) return field;
  return nullptr;
}

RecordText textOf(const tep_format_field& field) {
  RecordText text{RecordText::Place::Fixed, static_cast<std::uint32_t>(field.offset),
                  static_cast<std::uint32_t>(field.size)};
  if ((field.flags & TEP_FIELD_IS_RELATIVE) != 0)
    text.place = RecordText::Place::RelLoc;
  else if ((field.flags & TEP_FIELD_IS_DYNAMIC) != 0)
    text.place = RecordText::Place::DataLoc;
  return text;
}

}  // namespace

RecordBinding::RecordBinding(const tep_event& event, EventTypes& types) {
  m_type = &types.add(event.system, event.name, [&](const NamedValue& source) {
    return findField(event, source, isNumber) != nullptr || findField(event, source, isText) != nullptr;
  });
  const Alias* alias = m_type->alias;
  if (alias == nullptr || !m_type->handedOn) return;
  for (const FieldAlias& value : alias->fields) {
    if (value.constant) {
      m_slots.push_back({value.field, true, false, 0, 0, *value.constant});
    } else if (const tep_format_field* field = findField(event, value.source, isNumber)) {
      const RecordSlot slot{value.field,
                            false,
                            (field->flags & TEP_FIELD_IS_SIGNED) != 0,
                            static_cast<std::uint32_t>(field->offset),
                            static_cast<std::uint32_t>(field->size),
                            0};
      m_slots.push_back(slot);
      m_smallest = std::max(m_smallest, slot.offset + slot.size);
    }
  }
  if (!alias->text) return;
  if (const tep_format_field* field = findField(event, *alias->text, isText)) {
    m_hasText = true;
    m_text = textOf(*field);
    m_smallest = std::max(m_smallest, m_text.offset + (m_text.place == RecordText::Place::Fixed ? 0 : 4));
  }
}

std::string_view RecordBinding::text(const RecordView& record) const {
  std::size_t begin = m_text.offset, length = m_text.size;
  if (m_text.place != RecordText::Place::Fixed) {
    const auto place = loadAs<std::uint32_t>(record.data + m_text.offset, record.swapped);
    begin = place & 0xffff;
    length = place >> 16U;
    if (m_text.place == RecordText::Place::RelLoc) begin += m_text.offset + m_text.size;
  }
  if (begin >= record.size) return {};
  if (length == 0 || length > record.size - begin) length = record.size - begin;
  std::string_view found(record.data + begin, length);
  found = found.substr(0, found.find('\0'));
  while (!found.empty() && found.back() == '\n') found.remove_suffix(1);
  return found;
}

void RecordBinding::decode(const RecordView& record, Ns ns, std::int32_t tid, std::uint16_t cpu, Batch& batch) const {
  if (!m_type->handedOn) return EventTypes::skip(*m_type, ns, batch);
  if (record.size < m_smallest) {
    ++m_type->count;
    batch.anomalies.push_back({"impossible-value", ns,
                               fmt::format("{}: a record of {} bytes, at least {} expected; the event is ignored",
                                           m_type->name, record.size, m_smallest)});
    return;
  }
  Event& event = EventTypes::start(*m_type, ns, batch);
  event.tid = tid;
  event.cpu = cpu;
  for (const RecordSlot& slot : m_slots)
    event.append(slot.field, slot.isConstant ? slot.constant : load(record.data + slot.offset, slot, record.swapped));
  if (m_hasText) {
    batch.texts.emplace_back(text(record));
    event.text = static_cast<std::uint32_t>(batch.texts.size());
  }
  EventTypes::accept(*m_type, batch);
}

}  // namespace descry
