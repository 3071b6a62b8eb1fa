// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace descry {

/// A file of packets, read at any place. Its size is that of the moment it was opened.
class StreamFile {
 public:
  /// Throws NotUnderstood when it cannot be opened.
  explicit StreamFile(std::filesystem::path path);
  StreamFile(StreamFile&& other) noexcept;
  StreamFile(const StreamFile&) = delete;
  StreamFile& operator=(const StreamFile&) = delete;
  StreamFile& operator=(StreamFile&& other) noexcept;
  ~StreamFile();

  const std::filesystem::path& path() const { return m_path; }
  std::uint64_t size() const { return m_size; }
  /// How many bytes there were; fewer than `count` at the end of the file or when it cannot be read.
  std::size_t read(std::uint64_t offset, std::uint8_t* bytes, std::size_t count) const;

 private:
  std::filesystem::path m_path;
  int m_descriptor = -1;
  std::uint64_t m_size = 0;
};

}  // namespace descry
