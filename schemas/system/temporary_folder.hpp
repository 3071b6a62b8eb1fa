// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string_view>

namespace descry {

/// A new folder that goes with everything in it. Only its owner may look into it.
class TemporaryFolder {
 public:
  /// `<parent>/descry-<purpose>-XXXXXX`; `parent` is the system's folder for temporary files unless told. There the
  /// folders that killed programs of this user left are removed first: each is locked while its program runs.
  explicit TemporaryFolder(std::string_view purpose, const std::filesystem::path& parent = {});
  TemporaryFolder(TemporaryFolder&& other) noexcept;
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return m_path; }
  /// It stays.
  void keep() { m_keep = true; }

 private:
  std::filesystem::path m_path;
  int m_lock = -1;
  bool m_keep = false;
};

}  // namespace descry
