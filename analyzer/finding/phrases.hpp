// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "analyzer/finding/finding.hpp"

namespace descry {

/// Fewer requests, mappings or misses than this prove nothing.
inline constexpr std::int64_t kSmallestSample = 20;

/// Columns `<cause>_ns`, `<cause>_percent`, chains and latency_ns over the complete chains of a device; belongs behind
/// FROM as one row.
std::string causeTable(const Target& target, std::string_view cause);

/// Median of an expression over a FROM clause (with its WHERE), as a scalar.
std::string medianSql(std::string_view expression, std::string_view from);

/// QEMU's name of the device model: virtio-net-pci, virtio-blk-ccw, virtio-net-device ...
std::string qemuModel(const Target& target);

/// 1234567 as "1.2 ms".
std::string duration(std::int64_t ns);

}  // namespace descry
