// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/decode/descry_records.hpp"
#include "collector/decode/event_types.hpp"

namespace descry {

/// How to read one number of an event.
enum class CtfValueType : std::uint8_t { Unsigned, Signed, Boolean, Bits };

/// One member of a structure of an event, as far as the choice of fields needs it.
struct CtfMember {
  enum class Kind : std::uint8_t { Number, Text, Numbers, Other };  ///< Numbers: an array of unsigned integers
  std::string name;
  Kind kind = Kind::Other;
  CtfValueType type = CtfValueType::Unsigned;  ///< of a Number
};

/// What a CTF event class consists of, for every reader.
struct CtfEventShape {
  std::string name;
  std::vector<CtfMember> commonContext, specificContext, payload;
};

/// Structures of an event in which values are found.
enum class CtfPlace : std::uint8_t { None, CommonContext, SpecificContext, Payload };

/// Where one value of an event type is found.
struct CtfSlot {
  Field field = Field::Device;
  bool isConstant = false;
  CtfValueType type = CtfValueType::Unsigned;
  std::uint64_t member = 0;  ///< index in the payload, or the constant
};

/// Where one field of a record is found.
struct CtfRecordSlot {
  const RecordField* field = nullptr;
  CtfValueType type = CtfValueType::Unsigned;
  std::uint64_t member = 0;
};

/// Which members of a CTF event class are read and what they mean: worked out once, used for each of its events. Both
/// readers of CTF choose by it. `Fields` is one event of a reader:
///   number(place, member, type) -> std::uint64_t, text(member) -> std::string_view,
///   count(member) -> std::uint64_t and element(member, at) -> std::uint64_t of an array of numbers.
struct CtfBinding {
  static constexpr std::string_view kProvider = "descry";

  EventType* type = nullptr;
  std::vector<CtfSlot> slots;
  CtfPlace threadPlace = CtfPlace::None;
  CtfValueType threadType = CtfValueType::Signed;
  std::uint64_t threadMember = 0;
  bool hasText = false;
  std::uint64_t textMember = 0;
  std::optional<CtfSlot> time, cpu;  ///< the provider `descry` says itself when and where: LTTng only forwarded it
  const RecordShape* record = nullptr;
  std::vector<CtfRecordSlot> recordSlots;
  std::vector<EventType*> batchTypes;  ///< not empty: a batch of records; by type, what each counts as
  std::uint64_t numbersMember = 0, layoutMember = 0;

  /// Puts the event into the batch, or only counts it.
  template <typename Fields>
  void decode(const Fields& fields, Ns ns, std::uint16_t onCpu, Batch& batch) const;

 private:
  template <typename Fields>
  void decodeRecord(const Fields& fields, Ns ns, Batch& batch) const;
  template <typename Fields>
  void decodeBatch(const Fields& fields, Ns ns, Batch& batch) const;
  void addRecord(const RecordShape& shape, const Record& values, Batch& batch) const;
  static void addUnknown(Ns ns, Batch& batch);
};

/// Looks the event class up among the names we know and chooses what to read of it.
CtfBinding bindEvent(EventTypes& types, const CtfEventShape& shape);

template <typename Fields>
void CtfBinding::decode(const Fields& fields, Ns ns, std::uint16_t onCpu, Batch& batch) const {
  if (!type->handedOn) return EventTypes::skip(*type, ns, batch);
  if (!batchTypes.empty()) return decodeBatch(fields, ns, batch);
  if (time) {
    ns = static_cast<Ns>(fields.number(CtfPlace::Payload, time->member, time->type));
    if (record != nullptr) return decodeRecord(fields, ns, batch);
    if (cpu) onCpu = static_cast<std::uint16_t>(fields.number(CtfPlace::Payload, cpu->member, cpu->type));
  }
  Event& decoded = EventTypes::start(*type, ns, batch);
  decoded.cpu = onCpu;
  if (threadPlace != CtfPlace::None)
    decoded.tid = static_cast<std::int32_t>(fields.number(threadPlace, threadMember, threadType));
  for (const CtfSlot& slot : slots)
    decoded.append(slot.field,
                   slot.isConstant ? slot.member : fields.number(CtfPlace::Payload, slot.member, slot.type));
  if (hasText) {
    batch.texts.emplace_back(fields.text(textMember));
    decoded.text = static_cast<std::uint32_t>(batch.texts.size());
  }
  EventTypes::accept(*type, batch);
}

template <typename Fields>
void CtfBinding::decodeRecord(const Fields& fields, Ns ns, Batch& batch) const {
  Record& values = batch.records.emplace_back(recordOf(DescryHeader{.type = record->type}));
  for (const CtfRecordSlot& slot : recordSlots)
    setField(values, *slot.field, fields.number(CtfPlace::Payload, slot.member, slot.type));
  acceptRecord(*record, batch);
  Event& event = EventTypes::start(*type, ns, batch);
  event.record = static_cast<std::uint32_t>(batch.records.size());
  EventTypes::accept(*type, batch);
}

template <typename Fields>
void CtfBinding::decodeBatch(const Fields& fields, Ns ns, Batch& batch) const {
  const std::uint64_t layout = fields.number(CtfPlace::Payload, layoutMember, CtfValueType::Unsigned);
  const std::uint64_t count = fields.count(numbersMember);
  const auto word = [&](std::uint64_t at) { return fields.element(numbersMember, at); };
  const std::endian order = layout == recordLayout(std::endian::big) ? std::endian::big : std::endian::little;
  ++type->count;
  for (std::uint64_t at = 0; at < count;) {
    const RecordShape* shape = layout == recordLayout(order) ? recordOfType(typeOf(word(at), order)) : nullptr;
    if (shape == nullptr || count - at < shape->words) return addUnknown(ns, batch);
    Record values = recordOf(DescryHeader{.type = shape->type});
    for (const RecordField& field : shape->fields)
      setField(values, field, fieldOf(field, order, [&](std::uint64_t index) { return word(at + index); }));
    at += shape->words;
    if (shape->type != Descry_host_used) {
      addRecord(*shape, values, batch);
      continue;
    }
    const auto used = recordAs<descry_host_used>(values);
    if ((count - at) / kWordsOfAUsedChain < used.count) return addUnknown(ns, batch);
    for (std::uint32_t chain = 0; chain < used.count; ++chain, at += kWordsOfAUsedChain)
      addRecord(*recordOfType(Descry_host_half),
                recordOf(halfOf(used, chain, {word(at), word(at + 1), word(at + 2), word(at + 3)})), batch);
  }
}

}  // namespace descry
