// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <babeltrace2/babeltrace.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "collector/decode/descry_records.hpp"
#include "collector/decode/event_types.hpp"

namespace descry {

/// How to read one number of an event.
enum class CtfValueType : std::uint8_t { Unsigned, Signed, Boolean, Bits };

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

/// What is known of one CTF event class: worked out once, used for each of its events.
struct CtfBinding {
  enum class ThreadId : std::uint8_t { None, CommonContext, SpecificContext, Payload };
  static constexpr const char* kProvider = "descry";

  const bt_event_class* eventClass = nullptr;
  EventType* type = nullptr;
  std::vector<CtfSlot> slots;
  ThreadId threadId = ThreadId::None;
  CtfValueType threadIdType = CtfValueType::Signed;
  std::uint64_t threadIdMember = 0;
  bool hasText = false;
  std::uint64_t textMember = 0;
  std::optional<CtfSlot> time, cpu;  ///< the provider `descry` says itself when and where: LTTng only forwarded it
  const RecordShape* record = nullptr;
  std::vector<CtfRecordSlot> recordSlots;
  std::vector<EventType*> batchTypes;  ///< not empty: a batch of records; by type, what each counts as
  std::uint64_t numbersMember = 0, layoutMember = 0;

  /// Puts the event into the batch, or only counts it.
  void decode(const bt_event* event, Ns ns, std::uint16_t onCpu, Batch& batch) const;

 private:
  std::int32_t readThreadId(const bt_event* event) const;
  void decodeRecord(const bt_field* payload, Ns ns, Batch& batch) const;
  void decodeBatch(const bt_field* payload, Ns ns, Batch& batch) const;
};

/// Finds the binding of an event class by its address; classes live as long as their trace.
class CtfBindings {
 public:
  explicit CtfBindings(EventTypes& types) : m_types(types), m_table(64) {}

  const CtfBinding& of(const bt_event_class* eventClass) {
    for (std::size_t slot = hash(eventClass);; slot = (slot + 1) & (m_table.size() - 1)) {
      if (m_table[slot] == nullptr) return add(eventClass);
      if (m_table[slot]->eventClass == eventClass) return *m_table[slot];
    }
  }

 private:
  std::size_t hash(const bt_event_class* eventClass) const {
    const auto address = reinterpret_cast<std::uintptr_t>(eventClass);
    return ((address >> 4U) * 0x9e3779b97f4a7c15U >> 32U) & (m_table.size() - 1);
  }
  const CtfBinding& add(const bt_event_class* eventClass);
  void insert(const CtfBinding* binding);

  EventTypes& m_types;
  std::deque<CtfBinding> m_bindings;
  std::vector<const CtfBinding*> m_table;
};

}  // namespace descry
