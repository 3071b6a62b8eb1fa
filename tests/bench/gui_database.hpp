// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

namespace descry::bench {

/// Makes a case database of about `chains` chains from a simulated one: its halves again and again, each time later and
/// at higher positions, analysed as a whole. Returns the number of chains.
std::int64_t scaleUp(const std::filesystem::path& simulated, const std::filesystem::path& output, std::int64_t chains);

}  // namespace descry::bench
