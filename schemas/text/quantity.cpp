// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/text/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace descry {

namespace {

std::uint64_t magnitude(Ns ns) {
  return ns < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(ns) : static_cast<std::uint64_t>(ns);
}

std::string magnitudeText(std::uint64_t ns) {
  if (ns < 1000) return fmt::format("{} ns", ns);
  constexpr std::array units = {"us", "ms", "s"};
  double value = static_cast<double>(ns) / 1000;
  std::size_t unit = 0;
  // 999.5 would be written as 1000: it belongs to the next unit already.
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, decimals, units[unit]);
}

/// Bytes of the character at the start of `text`, by the table of well-formed sequences of the Unicode standard; 0:
/// none.
std::size_t characterLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && second < 0xa0, surrogate = first == 0xed && second > 0x9f;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first < 0xf0 || first > 0xf4) return 0;
  const bool overlong = first == 0xf0 && second < 0x90, tooLarge = first == 0xf4 && second > 0x8f;
  return follows(1) && follows(2) && follows(3) && !overlong && !tooLarge ? 4 : 0;
}

}  // namespace

std::string timeText(Ns ns) {
  return (ns < 0 ? "-" : "") + magnitudeText(magnitude(ns));
}

std::string signedTimeText(Ns ns) {
  return (ns < 0 ? "-" : "+") + magnitudeText(magnitude(ns));
}

std::string exactSeconds(Ns ns) {
  const std::uint64_t value = magnitude(ns);
  return fmt::format("{}{}.{:09} s", ns < 0 ? '-' : '+', value / 1'000'000'000, value % 1'000'000'000);
}

std::string countText(std::int64_t count) {
  std::string digits = fmt::format("{}", magnitude(count));
  for (std::size_t place = digits.size(); place > 3;) digits.insert(place -= 3, 1, ',');
  return fmt::format("{}{}", count < 0 ? "-" : "", digits);
}

std::string countText(std::int64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", countText(count), count == 1 ? singular : plural);
}

std::string percentText(double share, int decimals) {
  if (share <= 0) return "-";
  const double least = std::pow(10.0, -decimals);
  const double percent = share * 100;
  if (percent < least / 2) return fmt::format("<{:.{}f} %", least, decimals);
  return fmt::format("{:.{}f} %", percent, decimals);
}

std::string printable(std::string_view text) {
  std::string safe(text);
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return safe;
}

std::string utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = characterLength(text);
    valid += length > 0 ? text.substr(0, length) : std::string_view("\xef\xbf\xbd");
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return valid;
}

std::string xmlText(std::string_view text) {
  std::string safe;
  for (const char c : utf8(text)) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else if (c == '\n')
      safe += "&#10;";
    else
      safe += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return safe;
}

}  // namespace descry
