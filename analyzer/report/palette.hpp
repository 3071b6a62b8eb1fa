// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <string_view>

#include "schemas/model/points.hpp"

namespace descry {

/// How a cause is drawn: the window's colours (gui/style/theme.cpp), which stay different for colour-blind people, and
/// a pattern as well, so that it is told apart without any colour.
struct CauseStyle {
  std::string_view light, dark;
  std::string_view pattern;  ///< SVG path of its lines in a square of 8; empty: plain
};

/// In the order of Cause.
inline constexpr std::array<CauseStyle, kCauses> kCauseStyles = {{
    {"#d55e00", "#e8721a", "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"},
    {"#cc79a7", "#d98cb8", "M1,2 h2 M5,6 h2"},
    {"#2f7fc1", "#4a9bdd", ""},
    {"#e8b41c", "#f0c43c", "M0,4 h8"},
    {"#009e73", "#1fb588", "M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4"},
    {"#a3aab2", "#7f8893", "M0,0 l8,8 M8,0 l-8,8"},
}};

/// In the order in which causes mostly occur in a chain's life, so that equal bars look equal.
inline constexpr std::array<Cause, kCauses> kBarOrder = {Cause::Swiotlb, Cause::Ring,    Cause::Notification,
                                                         Cause::Iotlb,   Cause::Backend, Cause::Unattributed};

}  // namespace descry
