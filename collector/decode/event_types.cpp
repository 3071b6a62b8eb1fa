// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/decode/event_types.hpp"

#include <fmt/format.h>

#include <utility>

namespace descry {

EventType& EventTypes::add(std::string_view group, std::string_view event, const AliasTable::HasField& has) {
  AliasMatch match = AliasTable::builtIn().match(group, event, has);
  EventType& type = add(group.empty() ? std::string(event) : fmt::format("{}:{}", group, event), match.alias);
  type.missing = std::move(match.missing);
  return type;
}

EventType& EventTypes::add(std::string name, const Alias* alias) {
  EventType& type = m_types.emplace_back();
  type.name = std::move(name);
  type.alias = alias;
  if (alias != nullptr) {
    type.handedOn = alias->handedOn();
    type.check = checkOf(alias->kind);
  }
  return type;
}

void EventTypes::writeCounts(TraceInfo& info) const {
  info.counts.clear();
  for (const EventType& type : m_types) {
    EventCount& count = info.counts[type.name];
    count.count += type.count;
    if (type.alias != nullptr && !count.kind) count.kind = type.alias->kind;
  }
}

void EventTypes::reportMissing(const EventType& type, Ns ns, Batch& batch) {
  batch.anomalies.push_back(
      {"missing-field", ns,
       fmt::format("{} has no field {}: all events of this name are skipped", type.name, type.missing)});
}

void EventTypes::reject(const EventType& type, const Implausible& found, Batch& batch) {
  const auto value = static_cast<std::int64_t>(found.value);
  batch.anomalies.push_back({"impossible-value", batch.events.back().ns,
                             fmt::format("{}: {} is {}; the event is ignored", type.name, found.what, value)});
  if (batch.events.back().text == batch.texts.size() && !batch.texts.empty()) batch.texts.pop_back();
  batch.events.pop_back();
}

}  // namespace descry
