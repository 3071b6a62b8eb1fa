// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

namespace descry {

/// The archives and packed files in this folder or below it that may hold its traces: none lies beside or below them.
std::vector<std::filesystem::path> packedTraces(const std::filesystem::path& folder);
/// Makes `copy`: the same folder with those files unpacked in their place, and with links to everything else. What lies
/// in the folder wins over what an archive has under the same name. Throws Error for a damaged archive.
void unpackFolder(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& packed,
                  const std::filesystem::path& copy, const std::function<void()>& check);

}  // namespace descry
