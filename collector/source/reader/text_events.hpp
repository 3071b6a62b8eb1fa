// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

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
  /// An event name, with what it can mean. Its lines may match different aliases, so a type is a name and an alias.
  struct Name {
    std::string text;
    std::vector<const Alias*> aliases;
    std::map<const Alias*, EventType*> types{};
  };

  /// Finds without making strings of the names that are looked for.
  struct GroupAndEvent {
    using is_transparent = void;
    using Key = std::pair<std::string_view, std::string_view>;
    std::size_t operator()(const Key& key) const {
      const std::hash<std::string_view> hash;
      return hash(key.second) ^ (key.first.empty() ? 0 : hash(key.first) * 31);
    }
    bool operator()(const Key& a, const Key& b) const { return a == b; }
  };

  template <typename Line>
  EventType& typeOf(std::string_view group, const Line& line) {
    const std::string_view event = line.event;
    auto found = m_names.find(std::pair(group, event));
    if (found == m_names.end())
      found = m_names
                  .emplace(std::pair(std::string(group), std::string(event)),
                           Name{group.empty() ? std::string(event) : fmt::format("{}:{}", group, event),
                                AliasTable::builtIn().named(group, event)})
                  .first;
    Name& name = found->second;
    AliasMatch match = AliasTable::match(name.aliases, [&](const NamedValue& source) { return line.has(source); });
    EventType*& type = name.types[match.alias];
    if (type == nullptr) {
      type = &m_types.add(name.text, match.alias);
      type->missing = std::move(match.missing);
    }
    return *type;
  }

  EventTypes m_types;
  std::unordered_map<std::pair<std::string, std::string>, Name, GroupAndEvent, GroupAndEvent> m_names;
};

}  // namespace descry
