// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "schemas/system/temporary_folder.hpp"

namespace descry {

/// A folder that holds the chunks of one CTF trace (of a rotation, or snapshots that overlap) as one trace, with each
/// packet once. Files are linked as far as their packets are in order, and copied where chunks overlap. Throws
/// NotUnderstood when the packet reader does not understand one of them, or packets are missing.
std::unique_ptr<TemporaryFolder> joinChunks(const std::vector<std::filesystem::path>& chunks);

}  // namespace descry
