// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace descry {

/// The integer that all of `digits` is; nothing when it is none, has a sign or blanks that T does not, or is out of
/// range.
template <typename T>
std::optional<T> toNumber(std::string_view digits, int base = 10) {
  T value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || digits.empty() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace descry
