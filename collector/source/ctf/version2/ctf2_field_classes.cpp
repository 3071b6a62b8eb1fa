// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/version2/ctf2_field_classes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

using Json = Ctf2FieldClasses::Json;

constexpr int kDeepestClass = 32;

constexpr std::pair<std::string_view, std::string_view> kRoles[] = {
    {"packet-magic-number", "magic"},
    {"metadata-stream-uuid", "uuid"},
    {"data-stream-class-id", "stream_id"},
    {"data-stream-id", "stream_instance_id"},
    {"packet-total-length", "packet_size"},
    {"packet-content-length", "content_size"},
    {"packet-end-default-clock-timestamp", "timestamp_end"},
    {"discarded-event-record-counter-snapshot", "events_discarded"},
    {"packet-sequence-number", "packet_seq_num"},
    {"event-record-class-id", "id"}};

constexpr std::pair<std::string_view, std::string_view> kOrigins[] = {
    {"packet-header", "trace.packet.header"},           {"packet-context", "stream.packet.context"},
    {"event-record-header", "stream.event.header"},     {"event-record-common-context", "stream.event.context"},
    {"event-record-specific-context", "event.context"}, {"event-record-payload", "event.fields"}};

std::string_view nameIn18(std::string_view origin) {
  const auto* const found = std::ranges::find(kOrigins, origin, &std::pair<std::string_view, std::string_view>::first);
  if (found == std::end(kOrigins)) throw Error(fmt::format("a field location with the origin `{}`", origin));
  return found->second;
}

std::string typeOf(const Json& field) {
  return field.at("type").get<std::string>();
}

bool isIdentifier(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, isInIdentifier) && (name[0] < '0' || name[0] > '9');
}

/// The tracers of CTF 1.8 write an underscore before names of users, which its readers take away again.
bool hasNamesOfUsers(std::string_view origin) {
  return origin.starts_with("event-record-") && origin != "event-record-header";
}

bool hasRole(const Json& field, std::string_view role) {
  const auto roles = field.find("roles");
  return roles != field.end() && std::ranges::any_of(*roles, [role](const Json& each) { return each == role; });
}

std::uint64_t lengthOf(const Json& field) {
  return field.at("length").get<std::uint64_t>();
}

std::string byteOrder(const Json& field) {
  const auto order = field.at("byte-order").get<std::string>();
  const bool little = order == "little-endian";
  if (!little && order != "big-endian") throw Error(fmt::format("the byte order `{}`", order));
  if (field.value("bit-order", "") == (little ? "last-to-first" : "first-to-last"))
    throw Error("a field with an unusual bit order, which CTF 1.8 cannot describe");
  return little ? "le" : "be";
}

constexpr std::string_view kByte = "integer { size = 8; align = 8; signed = false; byte_order = le; }";
constexpr std::string_view kCharacter =
    "integer { size = 8; align = 8; signed = false; byte_order = le; encoding = UTF8; }";

}  // namespace

void Ctf2FieldClasses::addAlias(const Json& fragment) {
  m_aliases[fragment.at("name").get<std::string>()] = resolved(fragment.at("field-class"));
}

const Json& Ctf2FieldClasses::resolved(const Json& field) const {
  if (!field.is_string()) return field;
  const auto found = m_aliases.find(field.get<std::string>());
  if (found == m_aliases.end()) throw Error(fmt::format("there is no field class `{}`", field.get<std::string>()));
  return found->second;
}

std::string Ctf2FieldClasses::structure(const Json& field, const std::string& origin, const std::string& clock) {
  m_names.erase(m_names.lower_bound({origin}), m_names.lower_bound({origin + "\x7f"}));
  m_selectors.erase(m_selectors.lower_bound({origin}), m_selectors.lower_bound({origin + "\x7f"}));
  m_clock = clock;
  m_depth = 0;
  const Json& whole = resolved(field);
  if (typeOf(whole) != "structure") throw Error(fmt::format("{} is not a structure", origin));
  surveyStructure(whole, {origin});
  return type(whole, {origin}, {origin});
}

/// Notes the names of all members, and which fields choose.
void Ctf2FieldClasses::survey(const Json& given, const Path& at, const Path& inside) {
  if (++m_depth > kDeepestClass) throw Error("field classes are nested too deeply");
  const Json& field = resolved(given);
  const std::string kind = typeOf(field);
  if (kind == "structure") surveyStructure(field, at);
  if (kind == "static-length-array" || kind == "dynamic-length-array")
    survey(field.at("element-field-class"), at, inside);
  if (kind == "variant") {
    const Path selector = locate(field.at("selector-field-location"), inside);
    if (selector.front() != at.front())
      throw Error(
          fmt::format("the variant `{}`, chosen by a field of {}, which is not read", at.back(), selector.front()));
    std::vector<Choice>& choices = m_selectors[selector];
    const bool first = choices.empty();
    std::size_t number = 0;
    for (const Json& option : field.at("options")) {
      const std::string label = option.value("name", fmt::format("option{}", number++));
      if (!isIdentifier(label)) throw Error(fmt::format("an option called `{}`", label));
      for (const Json& range : option.at("selector-field-ranges"))
        if (first) choices.push_back({label, range.at(0).get<std::int64_t>(), range.at(1).get<std::int64_t>()});
      Path below = at;
      below.push_back(label);
      survey(option.at("field-class"), below, inside);
    }
  }
  --m_depth;
}

void Ctf2FieldClasses::surveyStructure(const Json& field, const Path& at) {
  const auto found = field.find("member-classes");
  if (found == field.end()) return;
  for (const Json& each : *found) {
    Path below = at;
    below.push_back(each.at("name").get<std::string>());
    m_names[below] = nameOf(each, at.front());
    survey(each.at("field-class"), below, at);
  }
}

std::string Ctf2FieldClasses::nameOf(const Json& member, const std::string& origin) const {
  const Json& field = resolved(member.at("field-class"));
  for (const auto& [role, name] : kRoles)
    if (hasRole(field, role)) return std::string(name);
  if (hasRole(field, "default-clock-timestamp")) return origin == "packet-context" ? "timestamp_begin" : "timestamp";
  const auto name = member.at("name").get<std::string>();
  if (!isIdentifier(name)) throw Error(fmt::format("a member called `{}`, which CTF 1.8 cannot name", name));
  return hasNamesOfUsers(origin) ? "_" + name : name;
}

Ctf2FieldClasses::Path Ctf2FieldClasses::locate(const Json& location, const Path& inside) const {
  const bool absolute = location.contains("origin");
  Path path = absolute ? Path{location.at("origin").get<std::string>()} : inside;
  for (const Json& step : location.at("path")) {
    if (!step.is_null())
      path.push_back(step.get<std::string>());
    else if (path.size() > 1)
      path.pop_back();
    else
      throw Error("a field location that leads out of its structure");
  }
  return path;
}

/// How a variant or sequence names the field that decides about it: by its name alone inside one structure.
std::string Ctf2FieldClasses::reference(const Json& location, const Path& inside) const {
  const Path path = locate(location, inside);
  const auto nameAt = [&](std::size_t length) {
    const auto found = m_names.find(Path(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(length)));
    return found == m_names.end() ? path[length - 1] : found->second;
  };
  if (path.size() == inside.size() + 1 && std::equal(inside.begin(), inside.end(), path.begin()))
    return nameAt(path.size());
  std::string text(nameIn18(path.front()));
  for (std::size_t length = 2; length <= path.size(); ++length) text += "." + nameAt(length);
  return text;
}

std::string Ctf2FieldClasses::member(const Json& given, const std::string& name, const Path& at, const Path& inside) {
  const Json& field = resolved(given);
  const std::string kind = typeOf(field);
  if (kind == "static-length-string") return fmt::format("{} {}[{}]; ", kCharacter, name, lengthOf(field));
  if (kind == "static-length-blob") return fmt::format("{} {}[{}]; ", kByte, name, lengthOf(field));
  if (kind == "dynamic-length-string" || kind == "dynamic-length-blob")
    return fmt::format("{} {}[{}]; ", kind == "dynamic-length-string" ? kCharacter : kByte, name,
                       reference(field.at("length-field-location"), inside));
  if (kind == "static-length-array" || kind == "dynamic-length-array") return array(field, name, at, inside);
  return fmt::format("{} {}; ", type(field, at, inside), name);
}

std::string Ctf2FieldClasses::array(const Json& field, const std::string& name, const Path& at, const Path& inside) {
  const Json& element = resolved(field.at("element-field-class"));
  const std::string kind = typeOf(element);
  if (kind.find("array") != std::string::npos || kind.find("blob") != std::string::npos ||
      kind.ends_with("-length-string"))
    throw Error(fmt::format("the array `{}` of `{}` fields, which is not read", name, kind));
  const std::string size = typeOf(field) == "static-length-array"
                               ? std::to_string(lengthOf(field))
                               : reference(field.at("length-field-location"), inside);
  std::string text;
  if (const auto align = field.value("minimum-alignment", std::uint64_t{1}); align > 1)
    text = fmt::format("struct {{ }} align({}) {}_align; ", align, name);
  return text + fmt::format("{} {}[{}]; ", type(element, at, inside), name, size);
}

std::string Ctf2FieldClasses::type(const Json& field, const Path& at, const Path& inside) {
  const std::string kind = typeOf(field);
  if (kind == "structure") return members(field, at);
  if (kind == "variant") return variant(field, at, inside);
  if (kind == "null-terminated-string") {
    if (const auto encoding = field.value("encoding", "utf-8"); encoding != "utf-8")
      throw Error(fmt::format("a string in {}, which CTF 1.8 does not have", encoding));
    return "string { encoding = UTF8; }";
  }
  if (kind == "fixed-length-floating-point-number") {
    const std::uint64_t bits = lengthOf(field);
    if (bits != 32 && bits != 64) throw Error(fmt::format("a floating point number of {} bits", bits));
    return fmt::format("floating_point {{ exp_dig = {}; mant_dig = {}; align = {}; byte_order = {}; }}",
                       bits == 32 ? 8 : 11, bits == 32 ? 24 : 53, field.value("alignment", 1), byteOrder(field));
  }
  if (kind.starts_with("fixed-length-")) return number(field, at);
  throw Error(fmt::format("field `{}` is of the class `{}`, which CTF 1.8 does not have", at.back(), kind));
}

std::string Ctf2FieldClasses::number(const Json& field, const Path& at) {
  const bool isSigned = typeOf(field) == "fixed-length-signed-integer";
  const bool isTime = hasRole(field, "default-clock-timestamp") || hasRole(field, "packet-end-default-clock-timestamp");
  std::string text =
      fmt::format("integer {{ size = {}; align = {}; signed = {}; byte_order = {}; base = {};{} }}", lengthOf(field),
                  field.value("alignment", 1), isSigned, byteOrder(field), field.value("preferred-display-base", 10),
                  isTime && !m_clock.empty() ? fmt::format(" map = clock.{}.value;", m_clock) : "");
  const auto chooses = m_selectors.find(at);
  if (chooses == m_selectors.end()) return text;
  text = "enum : " + text + " { ";
  for (const Choice& choice : chooses->second)
    text += fmt::format("\"{}\" = {} ... {}, ", choice.label, choice.first, choice.last);
  text.resize(text.size() - 2);
  return text + " }";
}

std::string Ctf2FieldClasses::members(const Json& field, const Path& at) {
  std::string text = "struct { ";
  if (const auto found = field.find("member-classes"); found != field.end())
    for (const Json& each : *found) {
      Path below = at;
      below.push_back(each.at("name").get<std::string>());
      text += member(each.at("field-class"), m_names.at(below), below, at);
    }
  text += "}";
  if (const auto align = field.value("minimum-alignment", std::uint64_t{1}); align > 1)
    text += fmt::format(" align({})", align);
  return text;
}

std::string Ctf2FieldClasses::variant(const Json& field, const Path& at, const Path& inside) {
  std::string text = fmt::format("variant <{}> {{ ", reference(field.at("selector-field-location"), inside));
  std::size_t number = 0;
  for (const Json& option : field.at("options")) {
    const std::string label = option.value("name", fmt::format("option{}", number++));
    Path below = at;
    below.push_back(label);
    text += member(option.at("field-class"), label, below, inside);
  }
  return text + "}";
}

}  // namespace descry
