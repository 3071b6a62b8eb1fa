// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>

namespace descry {

/// Which file a path led to, and when it was last written: a file that was replaced or changed has another state.
struct FileState {
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t bytes = -1;  ///< -1: there is no such file
  std::int64_t changedNs = 0;

  static FileState of(const std::filesystem::path& path);
  bool operator==(const FileState&) const = default;
};

}  // namespace descry
