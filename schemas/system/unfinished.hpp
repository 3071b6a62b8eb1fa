// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>

namespace descry {

/// Files that a signal that ends the process should remove. Returns a slot for forgetUnfinished(), or -1 when there are
/// too many; the next writer of the same target then sweeps the file.
int rememberUnfinished(const std::filesystem::path& path);
void forgetUnfinished(int slot);

}  // namespace descry
