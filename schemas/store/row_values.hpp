// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <tuple>

#include "schemas/model/ids.hpp"
#include "schemas/model/points.hpp"

namespace descry {

/// A time or count that was not seen; NULL in SQL. Kept as a value so that rows stay small and trivially sortable.
inline constexpr Ns kUnseen = std::numeric_limits<Ns>::min();

/// The id in a row that has none: NULL.
inline constexpr QueueId kUnseenQueue{kUnseen};
inline constexpr DeviceId kUnseenDevice{kUnseen};

constexpr bool seen(Ns value) {
  return value != kUnseen;
}
constexpr bool seen(QueueId id) {
  return id != kUnseenQueue;
}
constexpr bool seen(DeviceId id) {
  return id != kUnseenDevice;
}

using OptionalText = std::optional<std::string>;

/// A time per cause, each `kStart` at first; one column per cause in SQL.
template <Ns kStart>
struct CauseTimes {
  std::array<Ns, kCauses> ns = [] {
    std::array<Ns, kCauses> all{};
    all.fill(kStart);
    return all;
  }();
  Ns& operator[](Cause cause) { return ns[indexOf(cause)]; }
  Ns operator[](Cause cause) const { return ns[indexOf(cause)]; }
  Ns& operator[](std::size_t cause) { return ns[cause]; }
  Ns operator[](std::size_t cause) const { return ns[cause]; }
};

}  // namespace descry
