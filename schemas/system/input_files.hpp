// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <set>
#include <utility>

namespace descry {

/// The files and folders that a piece of work reads. A file is known by what it is, not by its name: links count.
class InputFiles {
 public:
  /// A path that leads nowhere adds nothing.
  void add(const std::filesystem::path& path);
  void add(const InputFiles& others);
  /// `path` is one of them, or lies in a folder that is.
  bool has(const std::filesystem::path& path) const;
  /// The file that is open here is one of them.
  bool has(int descriptor) const;

 private:
  using Id = std::pair<dev_t, ino_t>;
  std::set<Id> m_files, m_folders;
};

}  // namespace descry
