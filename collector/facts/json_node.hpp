// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace descry {

/// A JSON value together with where it stands, so that an error can say so. What is absent or null gives nothing.
class JsonNode {
 public:
  using Json = nlohmann::json;

  JsonNode(const Json* value, std::string where) : m_value(value), m_where(std::move(where)) {}

  explicit operator bool() const { return m_value != nullptr; }

  JsonNode operator[](const std::string& key) const;

  template <typename Function>
  void eachElement(Function function) const {
    if (!m_value) return;
    expect(m_value->is_array(), "a list");
    for (std::size_t i = 0; i < m_value->size(); ++i)
      function(JsonNode(&(*m_value)[i], fmt::format("{}[{}]", m_where, i)));
  }

  template <typename Function>
  void eachMember(Function function) const {
    if (!m_value) return;
    expect(m_value->is_object(), "an object");
    for (const auto& [key, value] : m_value->items()) function(key, JsonNode(&value, member(key)));
  }

  bool isObject() const { return m_value && m_value->is_object(); }
  bool isList() const { return m_value && m_value->is_array(); }
  std::optional<std::string> text() const;
  /// A number, or text that holds one ("256", "0x10130006e54").
  std::optional<std::uint64_t> number() const;
  std::optional<std::int64_t> count() const;
  std::optional<bool> flag() const;
  /// A value that is neither an object nor a list, as text: on and off for true and false.
  std::optional<std::string> word() const;
  /// Throws Error that says where, what was expected and what was found.
  void expect(bool holds, std::string_view what) const;

 private:
  std::string member(const std::string& key) const { return m_where + (m_where.ends_with(' ') ? "" : ".") + key; }
  std::uint64_t parsed(std::string_view digits) const;
  std::string shown() const;

  const Json* m_value;
  std::string m_where;
};

/// Throws Error, which names `origin` and `expected`, for what is not JSON, for numbers that no type can hold and for
/// nesting that no facts have.
nlohmann::json parsedJson(std::string_view text, const std::string& origin, std::string_view expected);

}  // namespace descry
