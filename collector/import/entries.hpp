// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace descry {

/// What lies in a directory, sorted by name; what was read until then when `error` is set.
inline std::vector<std::filesystem::path> entriesOf(const std::filesystem::path& directory, std::error_code& error) {
  std::vector<std::filesystem::path> entries;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
    entries.push_back(entry->path());
  std::ranges::sort(entries);
  return entries;
}

/// `path` is the directory itself, or lies in it or below it; by their names.
inline bool isAtOrBelow(const std::filesystem::path& path, const std::filesystem::path& directory) {
  const std::filesystem::path below = path.lexically_relative(directory);
  return !below.empty() && *below.begin() != "..";
}

}  // namespace descry
