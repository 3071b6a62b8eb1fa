// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/decode/alias_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "collector/decode/decoders.hpp"
#include "schemas/model/error.hpp"
#include "schemas/store/database.hpp"
#include "schemas/text/line.hpp"

namespace descry {

namespace {

constexpr std::array<std::string_view, kFields> kFieldNames = {
    "Device",     "Queue",     "Vq",     "Avail",    "PackedAvail", "Head",   "Out",     "In",   "Token",
    "Element",    "Used",      "Length", "Result",   "Count",       "Packed", "UsesDma", "Size", "Ring",
    "HostDevice", "Vq0",       "Vq1",    "Features", "Pointer",     "Call",   "Address", "Iova", "Last",
    "Physical",   "Direction", "Value",  "Previous", "Next",        "Process"};

constexpr std::array<std::pair<std::string_view, EventVariant>, 7> kVariantNames = {{{"NoReturnProbe", kNoReturnProbe},
                                                                                     {"Receive", kReceive},
                                                                                     {"Transmit", kTransmit},
                                                                                     {"Socket", kSocket},
                                                                                     {"TransportPci", kTransportPci},
                                                                                     {"TransportMmio", kTransportMmio},
                                                                                     {"TransportCcw", kTransportCcw}}};

constexpr std::array<std::pair<std::string_view, ValueFormat>, 5> kFormatNames = {{{"hex", ValueFormat::Hex},
                                                                                   {"dir", ValueFormat::Direction},
                                                                                   {"flag", ValueFormat::Flag},
                                                                                   {"lead", ValueFormat::Lead},
                                                                                   {"rest", ValueFormat::Rest}}};

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) return parts;
    const std::size_t end = text.find_first_of(separators, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end);
  }
}

/// Reads one line; throws Error, to which the table adds the line number.
class LineReader {
 public:
  static Alias read(std::string_view line) {
    const std::vector<std::string_view> words = split(line, " \t");
    Alias alias;
    const std::size_t colon = words[0].find(':');
    if (words.size() < 2 || colon == std::string_view::npos) throw Error("expected `group:event Kind Field=name ...`");
    alias.group = words[0].substr(0, colon);
    alias.event = words[0].substr(colon + 1);
    readKind(alias, words[1]);
    for (std::size_t i = 2; i < words.size(); ++i) readValue(alias, words[i]);
    std::sort(alias.fields.begin(), alias.fields.end(),
              [](const FieldAlias& a, const FieldAlias& b) { return a.field < b.field; });
    checkFields(alias);
    return alias;
  }

 private:
  static void readKind(Alias& alias, std::string_view word) {
    const std::vector<std::string_view> parts = split(word, "+");
    const KindRule* rule = findKind(parts[0]);
    if (rule == nullptr) throw Error(fmt::format("unknown kind of event {}", parts[0]));
    alias.kind = rule->kind;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const auto* found = std::find_if(kVariantNames.begin(), kVariantNames.end(),
                                       [&](const auto& variant) { return variant.first == parts[i]; });
      if (found == kVariantNames.end()) throw Error(fmt::format("unknown variant {}", parts[i]));
      alias.variant = static_cast<std::uint8_t>(alias.variant | found->second);
    }
  }

  static void readValue(Alias& alias, std::string_view word) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == word.size())
      throw Error(fmt::format("expected Field=name instead of {}", word));
    std::string_view target = word.substr(0, equals);
    const std::string_view from = word.substr(equals + 1);
    FieldAlias value;
    if (target.back() == '?') {
      value.source.required = false;
      target.remove_suffix(1);
    }
    if (from.front() == '#')
      value.constant = readConstant(from.substr(1));
    else
      readSource(value.source, from);
    if (target == "Text") {
      if (value.constant) throw Error("a text cannot be a constant");
      alias.text = value.source;
      return;
    }
    const auto* found = std::find(kFieldNames.begin(), kFieldNames.end(), target);
    if (found == kFieldNames.end()) throw Error(fmt::format("unknown field {}", target));
    value.field = static_cast<Field>(found - kFieldNames.begin());
    alias.fields.push_back(std::move(value));
  }

  static std::uint64_t readConstant(std::string_view digits) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size())
      throw Error(fmt::format("expected a number after # instead of {}", digits));
    return value;
  }

  static void readSource(NamedValue& source, std::string_view from) {
    if (const std::size_t colon = from.find(':'); colon != std::string_view::npos) {
      const std::string_view format = from.substr(colon + 1);
      const auto* found = std::find_if(kFormatNames.begin(), kFormatNames.end(),
                                       [&](const auto& known) { return known.first == format; });
      if (found == kFormatNames.end()) throw Error(fmt::format("unknown format {}", format));
      source.format = found->second;
      from = from.substr(0, colon);
    }
    for (const std::string_view name : split(from, "|")) source.names.emplace_back(name);
  }

  static void checkFields(const Alias& alias) {
    const KindRule& rule = ruleOf(alias.kind);
    FieldSet sure = 0, given = 0;
    for (const FieldAlias& value : alias.fields) {
      const FieldSet bit = fieldBit(value.field);
      if ((given & bit) != 0) throw Error(fmt::format("{} is given twice", fieldName(value.field)));
      if (((rule.needs | rule.may) & bit) == 0)
        throw Error(fmt::format("{} has no field {}", rule.name, fieldName(value.field)));
      given |= bit;
      if (value.source.required || value.constant) sure |= bit;
    }
    for (std::size_t i = 0; i < kFields; ++i)
      if ((rule.needs & ~sure & fieldBit(static_cast<Field>(i))) != 0)
        throw Error(fmt::format("{} needs the field {}", rule.name, kFieldNames[i]));
    if (alias.fields.size() > Event::kMaxValues) throw Error(fmt::format("more than {} fields", Event::kMaxValues));
  }
};

bool nameMatches(std::string_view pattern, std::string_view name) {
  if (!pattern.empty() && pattern.back() == '*') return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

}  // namespace

std::string_view fieldName(Field field) {
  return kFieldNames[static_cast<std::size_t>(field)];
}

AliasTable::AliasTable(std::string_view text) {
  int number = 0;
  while (!text.empty()) {
    std::string_view line = takeLine(text);
    ++number;
    if (const std::size_t first = line.find_first_not_of(" \t\r");
        first == std::string_view::npos || line[first] == '#')
      continue;
    if (line.back() == '\r') line.remove_suffix(1);
    try {
      m_aliases.push_back(LineReader::read(line));
    } catch (const Error& error) {
      throw Error(fmt::format("alias table, line {}: {}", number, error.what()));
    }
    m_aliases.back().line = number;
  }
}

const AliasTable& AliasTable::builtIn() {
  static const AliasTable table(sql::aliases);
  return table;
}

std::vector<const Alias*> AliasTable::named(std::string_view group, std::string_view event) const {
  std::vector<const Alias*> named;
  for (const Alias& alias : m_aliases)
    if ((alias.group == "*" || alias.group == group) && nameMatches(alias.event, event)) named.push_back(&alias);
  return named;
}

AliasMatch AliasTable::match(std::string_view group, std::string_view event, const HasField& has) const {
  return match(named(group, event), has);
}

AliasMatch AliasTable::match(const std::vector<const Alias*>& named, const HasField& has) {
  AliasMatch match;
  for (const Alias* candidate : named) {
    const Alias& alias = *candidate;
    std::string missing;
    bool someThere = alias.group != "*";
    const auto check = [&](const NamedValue& source) {
      if (!source.required) return;
      if (has(source))
        someThere = true;
      else
        missing += (missing.empty() ? "" : ", ") + source.names.front();
    };
    for (const FieldAlias& value : alias.fields)
      if (!value.constant) check(value.source);
    if (alias.text) check(*alias.text);
    if (missing.empty()) {
      match.alias = &alias;
      match.missing.clear();
      return match;
    }
    // An event that shares nothing but its name with the line is somebody else's, not a damaged one of ours.
    if (someThere && match.missing.empty()) match.missing = missing;
  }
  return match;
}

std::string AliasTable::fieldsOf(std::string_view group, std::string_view event) const {
  const std::vector<const Alias*> candidates = named(group, event);
  std::string fields;
  if (candidates.empty()) return fields;
  for (const FieldAlias& value : candidates.front()->fields)
    if (!value.constant && value.source.required) fields += (fields.empty() ? "" : ", ") + value.source.names.front();
  return fields;
}

}  // namespace descry
