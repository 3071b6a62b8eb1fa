// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/json_node.hpp"

#include "schemas/model/error.hpp"
#include "schemas/text/number.hpp"

namespace descry {

using Json = nlohmann::json;

JsonNode JsonNode::operator[](const std::string& key) const {
  if (!m_value) return {nullptr, m_where};
  expect(m_value->is_object(), "an object");
  const auto found = m_value->find(key);
  const bool absent = found == m_value->end() || found->is_null();
  return {absent ? nullptr : &*found, member(key)};
}

std::optional<std::string> JsonNode::text() const {
  if (!m_value) return std::nullopt;
  expect(m_value->is_string(), "text");
  return m_value->get<std::string>();
}

std::optional<std::uint64_t> JsonNode::number() const {
  if (!m_value) return std::nullopt;
  if (m_value->is_number_unsigned()) return m_value->get<std::uint64_t>();
  expect(m_value->is_string(), "a number that is not negative");
  return parsed(m_value->get_ref<const std::string&>());
}

std::optional<std::int64_t> JsonNode::count() const {
  const auto value = number();
  expect(!value || *value <= static_cast<std::uint64_t>(INT64_MAX), "a number below 2^63");
  return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

std::optional<bool> JsonNode::flag() const {
  if (m_value && m_value->is_boolean()) return m_value->get<bool>();
  const auto value = number();
  expect(!value || *value <= 1, "true or false");
  return value ? std::optional(*value != 0) : std::nullopt;
}

std::optional<std::string> JsonNode::word() const {
  if (!m_value || m_value->is_structured()) return std::nullopt;
  if (m_value->is_boolean()) return m_value->get<bool>() ? "on" : "off";
  return m_value->is_string() ? m_value->get<std::string>() : m_value->dump();
}

void JsonNode::expect(bool holds, std::string_view what) const {
  if (!holds) throw Error(fmt::format("{}: expected {}, found {}", m_where, what, shown()));
}

std::uint64_t JsonNode::parsed(std::string_view digits) const {
  const bool hex = digits.starts_with("0x");
  if (hex) digits.remove_prefix(2);
  const auto value = toNumber<std::uint64_t>(digits, hex ? 16 : 10);
  expect(value.has_value(), "a number that is not negative");
  return *value;
}

std::string JsonNode::shown() const {
  constexpr std::size_t kShown = 40;
  std::string text = m_value->dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= kShown ? text : text.substr(0, kShown) + "...";
}

Json parsedJson(std::string_view text, const std::string& origin, std::string_view expected) {
  constexpr int kDeepest = 64;
  try {
    return Json::parse(text, [&](int depth, Json::parse_event_t, Json&) {
      if (depth > kDeepest)
        throw Error(fmt::format("{}: nested more than {} levels deep; expected {}", origin, kDeepest, expected));
      return true;
    });
  } catch (const Json::parse_error& error) {
    throw Error(fmt::format("{}: not valid JSON at byte {}; expected {}", origin, error.byte, expected));
  } catch (const Json::exception&) {
    throw Error(fmt::format("{}: holds a number that is too large; expected {}", origin, expected));
  }
}

}  // namespace descry
