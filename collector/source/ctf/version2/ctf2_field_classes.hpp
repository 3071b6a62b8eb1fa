// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace descry {

/// Whether an identifier of CTF 1.8 may hold the character.
constexpr bool isInIdentifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Writes field classes of CTF 2 as types of CTF 1.8. What gives a field its meaning in CTF 2 are roles, in CTF 1.8
/// names, so members with a role get the name that goes with it.
class Ctf2FieldClasses {
 public:
  using Json = nlohmann::ordered_json;

  /// A class that fragments behind this one refer to by name.
  void addAlias(const Json& fragment);
  /// The structure `field` at the place that CTF 2 calls `origin` ("event-record-payload", ...), as a type. `clock`:
  /// name of the clock of its times; empty: none.
  std::string structure(const Json& field, const std::string& origin, const std::string& clock);

 private:
  using Path = std::vector<std::string>;  ///< origin, then the names of members
  struct Choice {
    std::string label;
    std::int64_t first = 0, last = 0;
  };

  const Json& resolved(const Json& field) const;
  void survey(const Json& field, const Path& at, const Path& inside);
  void surveyStructure(const Json& field, const Path& at);
  Path locate(const Json& location, const Path& inside) const;
  std::string nameOf(const Json& member, const std::string& origin) const;
  std::string reference(const Json& location, const Path& inside) const;

  std::string member(const Json& field, const std::string& name, const Path& at, const Path& inside);
  std::string type(const Json& field, const Path& at, const Path& inside);
  std::string number(const Json& field, const Path& at);
  std::string members(const Json& field, const Path& at);
  std::string variant(const Json& field, const Path& at, const Path& inside);
  std::string array(const Json& field, const std::string& name, const Path& at, const Path& inside);

  std::map<std::string, Json> m_aliases;
  std::map<Path, std::string> m_names;              ///< what members are called in CTF 1.8
  std::map<Path, std::vector<Choice>> m_selectors;  ///< fields that choose an option of a variant
  std::string m_clock;
  int m_depth = 0;
};

}  // namespace descry
