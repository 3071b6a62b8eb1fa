// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/reader/text_values.hpp"

#include <string>

#include "schemas/text/number.hpp"

namespace descry {

const std::string_view* findValue(const TextValues& values, const NamedValue& source) {
  for (const std::string& name : source.names)
    for (const auto& [key, value] : values)
      if (key == name) return &value;
  return nullptr;
}

std::optional<std::uint64_t> valueOf(std::string_view text, bool hexadecimal) {
  if (text.starts_with("0x")) return toNumber<std::uint64_t>(text.substr(2), 16);
  if (hexadecimal) return toNumber<std::uint64_t>(text, 16);
  if (text.starts_with('-'))
    if (const auto negative = toNumber<std::int64_t>(text)) return static_cast<std::uint64_t>(*negative);
  return toNumber<std::uint64_t>(text);
}

std::optional<TimeFraction> fractionOf(std::string_view digits) {
  const auto fraction = toNumber<Ns>(digits);
  if (!fraction || digits.size() > 9) return std::nullopt;
  Ns resolution = 1;
  for (std::size_t i = digits.size(); i < 9; ++i) resolution *= 10;
  return TimeFraction{*fraction * resolution, resolution};
}

}  // namespace descry
