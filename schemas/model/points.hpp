// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/model/causes.hpp"
#include "schemas/model/flags.hpp"

namespace descry {

/// Nanoseconds of one clock. Which clock is said by the name around it.
using Ns = std::int64_t;

#define FIRST_POINT POINT

/// The points in a chain's life, in the order in which they follow each other; see points.def.
enum class Point : std::uint8_t {
#define POINT(enumerator, ...) enumerator,
#include "schemas/model/points.def"
#undef POINT
};

constexpr bool onGuestClock(Point point) {
  return point <= Point::K || point >= Point::I;
}

struct PointInfo {
  Point point;
  std::string_view letter;  ///< short form of the name
  std::string_view name;    ///< in point_view, JSON, reports and the window
  std::string_view column;  ///< of chain_view; a chain that the guest saw begins at Q, which has none
};

inline constexpr auto kPointTable = std::to_array<PointInfo>({
#define POINT(enumerator, name, field) {Point::enumerator, #enumerator, name, #field "_ns"},
#include "schemas/model/points.def"
#undef POINT
});

#undef FIRST_POINT

inline constexpr std::size_t kPoints = kPointTable.size();

constexpr std::size_t indexOf(Point point) {
  return static_cast<std::size_t>(point);
}

constexpr const PointInfo& infoOf(Point point) {
  return kPointTable[indexOf(point)];
}

constexpr std::uint32_t pointBit(Point point) {
  return 1U << static_cast<unsigned>(point);
}

/// The columns of all points but Q, in their order, as a list.
inline std::string pointColumns() {
  std::string text;
  for (const PointInfo& info : kPointTable)
    if (info.point != Point::Q) text += (text.empty() ? "" : ", ") + std::string(info.column);
  return text;
}

}  // namespace descry
