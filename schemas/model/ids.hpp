// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace descry {

/// A row of table queue or device: a type of its own each, so that neither is taken for the other, for an index or for
/// a number of the virtio specification. The ids of a side's rows are dense and start at 1.
enum class QueueId : std::int64_t {};
enum class DeviceId : std::int64_t {};

/// Where a table has 0: every queue of a device, every device of a case.
inline constexpr QueueId kNoQueue{0};
inline constexpr DeviceId kNoDevice{0};

/// The number as SQL and JSON have it.
constexpr std::int64_t numberOf(QueueId id) {
  return static_cast<std::int64_t>(id);
}
constexpr std::int64_t numberOf(DeviceId id) {
  return static_cast<std::int64_t>(id);
}

/// For fmt.
constexpr std::int64_t format_as(QueueId id) {
  return numberOf(id);
}
constexpr std::int64_t format_as(DeviceId id) {
  return numberOf(id);
}

/// Where the row stands in a list of all.
constexpr std::size_t placeOf(QueueId id) {
  return static_cast<std::size_t>(id) - 1;
}
constexpr std::size_t placeOf(DeviceId id) {
  return static_cast<std::size_t>(id) - 1;
}

/// Names one chain, as chain and chain_view do.
struct ChainId {
  QueueId queueId = kNoQueue;
  std::int64_t epoch = 0, position = 0;
  bool valid() const { return queueId != kNoQueue; }
  auto operator<=>(const ChainId&) const = default;
};

}  // namespace descry
