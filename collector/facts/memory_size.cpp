// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/memory_size.hpp"

#include <algorithm>
#include <cctype>

#include "schemas/text/line.hpp"
#include "schemas/text/number.hpp"

namespace descry {

std::optional<std::int64_t> memorySize(std::string_view text, std::string_view unit) {
  constexpr std::string_view kSpaces = " \t\r\n", kPrefixes = "KMGT";
  text = trimmed(text, kSpaces);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = toNumber<std::int64_t>(text.substr(0, digits));
  if (!number) return {};
  const std::string_view own = trimmed(text.substr(digits), kSpaces);
  if (!own.empty()) unit = own;
  if (unit.empty() || unit == "b" || unit == "B" || unit == "bytes") return number;
  const std::size_t prefix = kPrefixes.find(static_cast<char>(std::toupper(static_cast<unsigned char>(unit.front()))));
  const std::string_view rest = unit.substr(1);
  if (prefix == std::string_view::npos || !(rest.empty() || rest == "iB" || rest == "B")) return {};
  const auto shift = static_cast<unsigned>(10 * (prefix + 1));
  if (*number > (std::int64_t{1} << (62 - shift))) return {};
  return *number << shift;
}

}  // namespace descry
