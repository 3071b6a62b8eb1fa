// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/packed_folder.hpp"

#include <algorithm>
#include <vector>

#include "collector/import/entries.hpp"
#include "collector/import/unpack.hpp"
#include "collector/source/sources.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

// A folder of captures, a capture, its side, a tracer's folder.
constexpr int kDepth = 4;

/// By the name, so that not every file of a large folder is opened, and by how it begins.
bool isPackedFile(const fs::path& path) {
  std::error_code error;
  const std::string name = path.filename().string();
  return nameWhenUnpacked(path) != name && fs::is_regular_file(path, error) && isPacked(path);
}

bool isFolder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error) && !fs::is_symlink(path, error);
}

// A folder that cannot be listed has nothing to unpack; the search for traces says so.
void collectPacked(const fs::path& folder, int depth, std::vector<fs::path>& found) {
  std::error_code error;
  for (const fs::path& entry : entriesOf(folder, error))
    if (isFolder(entry) && depth > 0)
      collectPacked(entry, depth - 1, found);
    else if (isPackedFile(entry))
      found.push_back(entry);
}

bool anyIn(const std::vector<fs::path>& paths, const fs::path& folder) {
  return std::ranges::any_of(paths, [&](const fs::path& path) { return isAtOrBelow(path, folder); });
}

/// As tar does it: what the archive holds then lies beside it.
void unpackInto(const fs::path& packed, const fs::path& copy, const std::function<void()>& check) {
  const fs::path made = copy / nameWhenUnpacked(packed);
  fs::path parts = made;
  parts += ".unpacked";
  unpack(packed, packed.string(), parts, check);
  if (!isFolder(parts)) return fs::rename(parts, made);
  std::error_code error;
  for (const fs::path& entry : entriesOf(parts, error)) {
    fs::remove_all(copy / entry.filename());
    fs::rename(entry, copy / entry.filename());
  }
  fs::remove_all(parts);
}

}  // namespace

std::vector<fs::path> packedTraces(const fs::path& folder) {
  std::vector<fs::path> packed;
  collectPacked(folder, kDepth, packed);
  if (packed.empty()) return packed;
  const std::vector<fs::path> traces = findTraces(folder);
  std::erase_if(packed, [&](const fs::path& path) { return anyIn(traces, path.parent_path()); });
  return packed;
}

void unpackFolder(const fs::path& folder, const std::vector<fs::path>& packed, const fs::path& copy,
                  const std::function<void()>& check) {
  fs::create_directories(copy);
  std::error_code error;
  const std::vector<fs::path> entries = entriesOf(folder, error);
  const auto isOneOf = [&](const fs::path& entry) { return std::ranges::find(packed, entry) != packed.end(); };
  for (const fs::path& entry : entries)
    if (isOneOf(entry)) unpackInto(entry, copy, check);
  for (const fs::path& entry : entries) {
    if (isOneOf(entry)) continue;
    const fs::path place = copy / entry.filename();
    fs::remove_all(place);
    if (isFolder(entry) && anyIn(packed, entry))
      unpackFolder(entry, packed, place, check);
    else
      fs::create_symlink(fs::absolute(entry), place);
  }
}

}  // namespace descry
