// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "schemas/model/causes.hpp"

namespace descry {

/// SVG path of a pattern's lines in a square of 8; empty: plain.
constexpr std::string_view pathOf(Pattern pattern) {
  switch (pattern) {
    case Pattern::Plain:
      return "";
    case Pattern::Rising:
      return "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4";
    case Pattern::Falling:
      return "M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4";
    case Pattern::Level:
      return "M0,4 h8";
    case Pattern::Dots:
      return "M1,2 h2 M5,6 h2";
    case Pattern::Cross:
      return "M0,0 l8,8 M8,0 l-8,8";
  }
  return "";
}

}  // namespace descry
