// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/reader/qemu_line.hpp"

#include <algorithm>
#include <chrono>

#include "schemas/text/number.hpp"

namespace descry {

namespace {

constexpr Ns kSecond = 1'000'000'000;
constexpr std::string_view kDigits = "0123456789";

/// The digits that `left` begins with; they are cut off.
std::string_view takeDigits(std::string_view& left) {
  const std::string_view digits = left.substr(0, std::min(left.find_first_not_of(kDigits), left.size()));
  left.remove_prefix(digits.size());
  return digits;
}

bool takeChar(std::string_view& left, char expected) {
  if (!left.starts_with(expected)) return false;
  left.remove_prefix(1);
  return true;
}

/// ".123456" as nanoseconds.
std::optional<Ns> takeFraction(std::string_view& left) {
  if (!takeChar(left, '.')) return {};
  const std::string_view digits = takeDigits(left);
  const auto fraction = fractionOf(digits);
  return fraction ? std::optional(fraction->ns) : std::nullopt;
}

/// "-01-31": a separator and two digits.
std::optional<unsigned> takePair(std::string_view& left, char separator) {
  if (!takeChar(left, separator)) return {};
  const std::string_view digits = takeDigits(left);
  return digits.size() == 2 ? toNumber<unsigned>(digits) : std::nullopt;
}

bool isName(std::string_view word) {
  return !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string_view::npos &&
         word.find('_') != std::string_view::npos && word.find_first_of(kDigits) != 0;
}

/// Numbers as printf writes them: 17, -1, 0x7f00; "(nil)" is what %p makes of 0.
bool isNumber(std::string_view word) {
  if (word == "nil" || word.starts_with("0x")) return true;
  if (word.starts_with('-')) word.remove_prefix(1);
  return !word.empty() && word.find_first_not_of(kDigits) == std::string_view::npos;
}

/// The next word; brackets, commas and equals signs only separate. True in `assigned`: "=" stood before it.
std::string_view takeWord(std::string_view& left, bool& assigned) {
  assigned = false;
  while (!left.empty() && std::string_view(" \t\r,()=").find(left.front()) != std::string_view::npos) {
    assigned |= left.front() == '=';
    left.remove_prefix(1);
  }
  const std::string_view word = left.substr(0, std::min(left.find_first_of(" \t\r,()="), left.size()));
  left.remove_prefix(word.size());
  return word;
}

}  // namespace

bool QemuLine::parse(std::string_view line) {
  tid = 0;
  ns = 0;
  timed = parseStamp(line) || parseDate(line);
  return parseEvent(line);
}

/// "4321@1700000000.000830:", also without the thread.
bool QemuLine::parseStamp(std::string_view& left) {
  std::string_view behind = left;
  std::string_view seconds = takeDigits(behind);
  std::int32_t thread = 0;
  if (takeChar(behind, '@')) {
    thread = toNumber<std::int32_t>(seconds).value_or(0);
    seconds = takeDigits(behind);
  }
  const auto whole = toNumber<Ns>(seconds);
  const auto fraction = takeFraction(behind);
  if (!whole || !fraction || *whole > 9'000'000'000 || !takeChar(behind, ':')) return false;
  tid = thread;
  ns = *whole * kSecond + *fraction;
  left = behind;
  return true;
}

/// "2026-01-31T23:59:59.123456Z qemu-system-x86_64(4321): ".
bool QemuLine::parseDate(std::string_view& left) {
  std::string_view behind = left;
  const std::string_view yearDigits = takeDigits(behind);
  const auto year = yearDigits.size() == 4 ? toNumber<int>(yearDigits) : std::nullopt;
  const auto month = year ? takePair(behind, '-') : std::nullopt;
  const auto day = month ? takePair(behind, '-') : std::nullopt;
  const auto hour = day ? takePair(behind, 'T') : std::nullopt;
  const auto minute = hour ? takePair(behind, ':') : std::nullopt;
  const auto second = minute ? takePair(behind, ':') : std::nullopt;
  const auto fraction = second ? takeFraction(behind) : std::nullopt;
  if (!fraction || !takeChar(behind, 'Z')) return false;
  const auto date = std::chrono::year(*year) / std::chrono::month(*month) / std::chrono::day(*day);
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return false;
  const Ns days = std::chrono::sys_days(date).time_since_epoch().count();
  ns = (((days * 24 + *hour) * 60 + *minute) * 60 + *second) * kSecond + *fraction;
  behind.remove_prefix(std::min(behind.find_first_not_of(' '), behind.size()));
  // The program's name and perhaps its thread may stand before the event.
  for (std::size_t colon = behind.find(": "); colon != std::string_view::npos && colon < behind.find(' ') + 1;
       colon = behind.find(": ")) {
    std::string_view program = behind.substr(0, colon);
    if (const std::size_t open = program.find_first_of("(["); open != std::string_view::npos) {
      program.remove_prefix(open + 1);
      tid = toNumber<std::int32_t>(takeDigits(program)).value_or(0);
    }
    behind.remove_prefix(colon + 2);
  }
  left = behind;
  return true;
}

bool QemuLine::parseEvent(std::string_view text) {
  values.clear();
  const std::size_t end = std::min(text.find_first_of(" \r"), text.size());
  event = text.substr(0, end);
  rest = text.substr(end);
  if (!isName(event)) return false;
  std::string_view left = rest, key;
  bool assigned = false;
  for (std::string_view word = takeWord(left, assigned); !word.empty(); word = takeWord(left, assigned)) {
    if (!key.empty() && (assigned || isNumber(word))) {
      values.emplace_back(key, word);
      key = {};
    } else if (isNumber(word)) {
      // "0x3000 = 0x1 (2)": a register and what was written to it.
      values.emplace_back(assigned ? "val" : "addr", word);
    } else {
      key = word;
    }
  }
  return true;
}

bool QemuLine::isKnown() const {
  const AliasMatch match =
      AliasTable::builtIn().match(kGroup, event, [this](const NamedValue& source) { return has(source); });
  return match.alias != nullptr && match.alias->group == kGroup && match.alias->handedOn();
}

std::optional<std::uint64_t> QemuLine::number(const NamedValue& source) const {
  const std::string_view* value = findValue(values, source);
  if (value == nullptr) return {};
  if (*value == "nil") return 0;
  return valueOf(*value, source.format == ValueFormat::Hex);
}

std::string_view QemuLine::text(const NamedValue& source) const {
  const std::string_view* value = findValue(values, source);
  return value == nullptr ? std::string_view() : *value;
}

}  // namespace descry
