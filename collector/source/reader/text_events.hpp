// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "collector/decode/event_types.hpp"

namespace descry {

/// Makes events of the lines of a text. A Line has `event`, `rest` (the text behind the name), `ns`, `tid` and `cpu`,
/// and finds values by name: has(), number(), text().
class TextEvents {
 public:
  /// Appends what `line` means to the batch, or counts it and says what is wrong with it. `group` is empty where the
  /// text has none.
  template <typename Line>
  void take(std::string_view group, const Line& line, Batch& batch) {
    EventType& type = typeOf(group, line);
    if (!type.handedOn) return EventTypes::skip(type, line.ns, batch);
    Event& event = EventTypes::start(type, line.ns, batch);
    event.tid = line.tid;
    event.cpu = line.cpu;
    for (const FieldAlias& value : type.alias->fields) {
      const auto number = value.constant ? value.constant : line.number(value.source);
      if (number) {
        event.append(value.field, *number);
      } else if (value.source.required) {
        ++type.count;
        batch.anomalies.push_back({"impossible-value", line.ns,
                                   fmt::format("{}: {} is not a number in \"{}\"; the event is ignored", type.name,
                                               value.source.names.front(), line.rest.substr(0, 80))});
        batch.events.pop_back();
        return;
      }
    }
    if (type.alias->text) {
      batch.texts.emplace_back(line.text(*type.alias->text));
      event.text = static_cast<std::uint32_t>(batch.texts.size());
    }
    EventTypes::accept(type, batch);
  }

  void writeCounts(TraceInfo& info) const { m_types.writeCounts(info); }

 private:
  template <typename Line>
  EventType& typeOf(std::string_view group, const Line& line) {
    AliasMatch match =
        AliasTable::builtIn().match(group, line.event, [&](const NamedValue& source) { return line.has(source); });
    const std::string name = group.empty() ? std::string(line.event) : fmt::format("{}:{}", group, line.event);
    const auto [entry, isNew] = m_typeOf.try_emplace({name, match.alias}, nullptr);
    if (isNew) {
      entry->second = &m_types.add(name, match.alias);
      entry->second->missing = std::move(match.missing);
    }
    return *entry->second;
  }

  EventTypes m_types;
  /// Lines of one event name may match different aliases, so a type is a name and an alias.
  std::map<std::pair<std::string, const Alias*>, EventType*, std::less<>> m_typeOf;
};

}  // namespace descry
