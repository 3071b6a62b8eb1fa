// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "analyzer/finding/finding.hpp"

namespace descry {

/// Fewer requests, mappings or misses than this prove nothing.
inline constexpr std::int64_t kSmallestSample = 20;

/// "the host was not recorded" or "the guest was not recorded" where a target has no such side, else nothing.
std::string lacksHost(const Target& target);
std::string lacksGuest(const Target& target);

/// "7 <what> were seen, 20 are needed" where there are fewer, else nothing.
std::string lacksSample(std::int64_t seen, std::string_view what, std::int64_t needed = kSmallestSample);

/// The first that is not empty.
std::string firstOf(std::initializer_list<std::string> reasons);

/// Columns `<cause>_ns`, `<cause>_percent`, chains and latency_ns over the complete chains of a device or queue;
/// belongs behind FROM as one row.
std::string causeTable(const Target& target, std::string_view cause);

/// Columns predicted_... : what the replay of the device says it would be like without a cause (table prediction), NULL
/// where it says nothing. Gains are parts of the mean latency. Belongs behind FROM as one row.
std::string predictionTable(const Target& target, std::string_view cause);

/// " Without <what>, ..." of these columns; nothing where they are not known.
std::string predictedGain(const Evidence& evidence, std::string_view what);

/// Window functions look at no more chains of a queue than this: the first ones.
inline constexpr std::int64_t kMostChains = 100'000;

/// Rows with column in_flight: how many chains the guest had in the ring after each add, itself included. Belongs
/// behind FROM. Chains whose end was not seen are left out, so it is never too many; so are receive buffers, which are
/// stock.
std::string flightTable(const Target& target);

/// Median of an expression over a FROM clause (with its WHERE), as a scalar.
std::string medianSql(std::string_view expression, std::string_view from);

/// Device-readable and device-writable descriptors per chain as the host counts them, else scatter lists as the guest
/// does (at most as many), as a scalar; NULL when nobody knows.
std::string segmentsSql(const Target& target);

/// QEMU's name of the device model: virtio-net-pci, virtio-blk-ccw, virtio-net-device ...
std::string qemuModel(const Target& target);

/// 1234567 as "1.2 ms".
std::string duration(std::int64_t ns);

}  // namespace descry
