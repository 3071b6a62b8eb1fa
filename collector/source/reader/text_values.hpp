// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/decode/alias_table.hpp"

namespace descry {

/// Names and values of one line of a text, all of them parts of the line.
using TextValues = std::vector<std::pair<std::string_view, std::string_view>>;

/// The value of the first of the source's names that is there; null when none is.
const std::string_view* findValue(const TextValues& values, const NamedValue& source);

/// A number as tracers print it: 17, -1 (as two's complement), 0x7f00; `hexadecimal`: also 7f00.
std::optional<std::uint64_t> valueOf(std::string_view text, bool hexadecimal);

/// What stands behind the point of seconds.
struct TimeFraction {
  Ns ns = 0;
  Ns resolution = 1;  ///< 1000 for six digits
};

/// Of one to nine digits.
std::optional<TimeFraction> fractionOf(std::string_view digits);

}  // namespace descry
