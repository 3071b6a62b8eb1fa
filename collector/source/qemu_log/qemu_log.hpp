// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "collector/source/reader/source_format.hpp"

namespace descry {

/// The file of QEMU's log backend (`-trace ... -D FILE`), which is in the QEMU of distributions.
bool looksLikeQemuLog(const std::filesystem::path& path);
std::unique_ptr<Source> openQemuLog(const std::filesystem::path& path, CtfReader reader);

inline constexpr SourceFormat kQemuLogFormat = {"qemu_log", "a log of QEMU's trace events (`-trace ... -D FILE`)",
                                                looksLikeQemuLog, openQemuLog};

}  // namespace descry
