// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "collector/decode/alias_table.hpp"
#include "collector/decode/decoders.hpp"
#include "collector/event/source.hpp"

namespace descry {

/// One event type of a trace being read: what it is taken for and how often it was met.
struct EventType {
  std::string name;              ///< group:name, or name alone where the trace has no groups
  const Alias* alias = nullptr;  ///< nothing: unknown
  std::string missing;           ///< fields that a known event should have had
  bool handedOn = false;
  PlausibilityCheck check = nullptr;
  std::int64_t count = 0;
};

/// The event types of one trace. Addresses of its members stay valid.
class EventTypes {
 public:
  /// Looks the event type up in the alias table and starts counting it at 0.
  EventType& add(std::string_view group, std::string_view event, const AliasTable::HasField& has);
  /// Starts counting `name` as `alias`, for readers that match line by line.
  EventType& add(std::string name, const Alias* alias);

  /// Counts one event that is not handed on; reports missing fields when the type is met for the first time.
  static void skip(EventType& type, Ns ns, Batch& batch) {
    if (++type.count == 1 && !type.missing.empty()) reportMissing(type, ns, batch);
  }
  /// Counts batch.events.back() and takes it out again when it cannot be.
  static void accept(EventType& type, Batch& batch) {
    ++type.count;
    if (type.check == nullptr) return;
    if (const auto found = type.check(batch.events.back())) reject(type, *found, batch);
  }
  /// Starts an event of `type` at the end of the batch; its values follow.
  static Event& start(const EventType& type, Ns ns, Batch& batch) {
    Event& event = batch.events.emplace_back();
    event.ns = ns;
    event.kind = type.alias->kind;
    event.variant = type.alias->variant;
    return event;
  }

  /// Sums up by name.
  void writeCounts(TraceInfo& info) const;

 private:
  static void reportMissing(const EventType& type, Ns ns, Batch& batch);
  static void reject(const EventType& type, const Implausible& found, Batch& batch);

  std::deque<EventType> m_types;
};

}  // namespace descry
