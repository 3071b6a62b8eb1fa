// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "collector/event/event.hpp"

namespace descry {

template <typename... Fields>
constexpr FieldSet fieldBits(Fields... fields) {
  return (FieldSet{0} | ... | fieldBit(fields));
}

/// Name of a field in schemas/sql/aliases.txt.
std::string_view fieldName(Field field);

/// What a kind of event is called in schemas/sql/aliases.txt, which fields it needs and which it may have besides.
struct KindRule {
  EventKind kind;
  std::string_view name;
  FieldSet needs = 0, may = 0;
};

/// A value that no kernel or VMM can have written.
struct Implausible {
  std::string_view what;
  std::uint64_t value = 0;
};

/// Looks at one decoded event. May take an optional value out of it that carries no information, or make it Context
/// when its values say that it is of no interest.
using PlausibilityCheck = std::optional<Implausible> (*)(Event& event);

/// A family of events: one file of this directory.
struct EventFamily {
  std::vector<KindRule> kinds;
  PlausibilityCheck check = nullptr;
};

EventFamily guestRingEvents();
EventFamily guestDmaEvents();
EventFamily vhostEvents();
EventFamily qemuEvents();
EventFamily descryEvents();
EventFamily kvmEvents();
EventFamily schedEvents();
EventFamily contextEvents();

/// Nothing if there is no such kind.
const KindRule* findKind(std::string_view name);
const KindRule& ruleOf(EventKind kind);
/// May be nullptr: every value is plausible.
PlausibilityCheck checkOf(EventKind kind);

/// `event` without an optional field.
void takeOut(Event& event, Field field);

/// The value of `field` if it is there and above `limit`.
inline std::optional<Implausible> above(const Event& event, Field field, std::uint64_t limit) {
  if (!event.has(field) || event[field] <= limit) return {};
  return Implausible{fieldName(field), event[field]};
}
/// The first of several fields that is above `limit`.
template <typename... Fields>
std::optional<Implausible> above(const Event& event, std::uint64_t limit, Fields... fields) {
  std::optional<Implausible> found;
  ((found = above(event, fields, limit)) || ...);
  return found;
}

}  // namespace descry
