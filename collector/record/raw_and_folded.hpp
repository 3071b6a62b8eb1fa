// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace descry {

/// Events of the provider that carry what the kernel folded, and those that carry single hits.
std::vector<std::string> foldedEventNames();
std::vector<std::string> rawEventNames();

}  // namespace descry
