// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>

namespace descry {

/// True when traces are packed in this folder or below it: archives or packed files lie where no trace lies.
bool holdsPackedTraces(const std::filesystem::path& folder);
/// Makes `copy`: the same folder with what is packed in it unpacked in its place, and with links to everything else.
/// What lies in the folder wins over what an archive has under the same name. Throws Error for a damaged archive.
void unpackFolder(const std::filesystem::path& folder, const std::filesystem::path& copy,
                  const std::function<void()>& check);

}  // namespace descry
