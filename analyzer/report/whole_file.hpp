// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>

namespace descry {

/// Calls write(stream) for a file that appears whole or not at all: it is `<path>.part` until it is finished. Throws
/// Error when it cannot be written, and what `write` throws.
void writeWhole(const std::filesystem::path& path, const std::function<void(std::ostream&)>& write);

}  // namespace descry
