// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schemas/system/temporary_folder.hpp"

namespace descry {

/// Makes readable files of what the user gave: packed files and archives are unpacked, also those in a folder, pipes
/// and
/// "-" are read to their end. The copies live in a temporary folder as long as this object.
class GivenFiles {
 public:
  /// `check` is called often and may throw, to stop the work.
  explicit GivenFiles(std::function<void()> check) : m_check(std::move(check)) {}

  /// The path itself for an ordinary file or folder. Throws Error for a damaged archive, for one that grows too much,
  /// and for a pipe without a writer.
  std::filesystem::path readable(const std::filesystem::path& given);
  /// A text with the user's paths instead of those of the copies.
  std::string shown(std::string text) const;

 private:
  /// A place for the copy of `given`, with the end of its name.
  std::filesystem::path place(const std::string& given, const std::string& name);
  std::filesystem::path takeStream(const std::filesystem::path& given);
  /// The folder itself, or a copy where traces are packed in it.
  std::filesystem::path withUnpacked(const std::filesystem::path& folder);
  std::filesystem::path unpacked(const std::filesystem::path& packed, const std::string& given);

  std::function<void()> m_check;
  std::optional<TemporaryFolder> m_folder;
  std::vector<std::pair<std::string, std::string>> m_names;  ///< of a copy, and as given
};

}  // namespace descry
