// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace descry::fuzz {

/// A file in memory that holds these bytes, with a path to open it by.
class BytesFile {
 public:
  BytesFile(const std::uint8_t* data, std::size_t size);
  BytesFile(const BytesFile&) = delete;
  BytesFile& operator=(const BytesFile&) = delete;
  ~BytesFile();

  const std::filesystem::path& path() const { return m_path; }

 private:
  int m_descriptor = -1;
  std::filesystem::path m_path;
};

/// Reads the trace at `path` to its end, as an import does; Error is what a damaged one gives.
void readTrace(const std::filesystem::path& path);

}  // namespace descry::fuzz
