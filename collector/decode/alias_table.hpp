// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/event/event.hpp"

namespace descry {

/// How a value is written in a text trace; binary traces carry numbers and ignore it.
enum class ValueFormat : std::uint8_t { Number, Hex, Direction, Flag, Lead, Rest };

/// The names one value may have in a trace.
struct NamedValue {
  std::vector<std::string> names;  ///< the first one that is there is taken
  ValueFormat format = ValueFormat::Number;
  bool required = true;
};

/// Where one field of an event comes from.
struct FieldAlias {
  Field field = Field::Device;
  NamedValue source;
  std::optional<std::uint64_t> constant;  ///< instead of a name
};

/// One line of schemas/sql/aliases.txt.
struct Alias {
  std::string group, event;  ///< group `*`: any; event may end in `*`
  EventKind kind = EventKind::Context;
  std::uint8_t variant = 0;        ///< EventVariant bits
  std::vector<FieldAlias> fields;  ///< in ascending order of Field, as Event::append wants them
  std::optional<NamedValue> text;
  int line = 0;

  /// Events of kind Context are counted but not handed on, unless their variant tells the transport.
  bool handedOn() const { return kind != EventKind::Context || variant != 0; }
};

/// What a trace's event type is taken for.
struct AliasMatch {
  const Alias* alias = nullptr;  ///< nothing: unknown
  std::string missing;           ///< the name is known, but these fields are not there
};

/// The parsed schemas/sql/aliases.txt. Immutable: may be shared by threads.
class AliasTable {
 public:
  using HasField = std::function<bool(const NamedValue&)>;

  /// Throws Error with the number of the first line that is wrong.
  explicit AliasTable(std::string_view text);
  /// The table that is compiled in.
  static const AliasTable& builtIn();

  /// Those that an event of this name may be.
  std::vector<const Alias*> named(std::string_view group, std::string_view event) const;
  /// The first of them whose fields are all there.
  static AliasMatch match(const std::vector<const Alias*>& named, const HasField& has);
  /// `group` is empty where the trace has none; `has` tells whether the trace's event type has one of the names.
  AliasMatch match(std::string_view group, std::string_view event, const HasField& has) const;
  /// Names of the fields that an event of this name must have; empty when the name is not known or needs none.
  std::string fieldsOf(std::string_view group, std::string_view event) const;
  const std::vector<Alias>& aliases() const { return m_aliases; }

 private:
  std::vector<Alias> m_aliases;
};

}  // namespace descry
