// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <string_view>

namespace descry {

/// Cuts the first line off `left`, which must not be empty, with its newline. The line is without it.
inline std::string_view takeLine(std::string_view& left) {
  const std::string_view line = left.substr(0, left.find('\n'));
  left.remove_prefix(std::min(line.size() + 1, left.size()));
  return line;
}

}  // namespace descry
