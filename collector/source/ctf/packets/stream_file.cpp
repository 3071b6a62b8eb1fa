// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/stream_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "collector/source/ctf/packets/not_understood.hpp"

namespace descry {

StreamFile::StreamFile(std::filesystem::path path)
    : m_path(std::move(path)), m_descriptor(::open(m_path.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat status {};
  if (m_descriptor < 0 || ::fstat(m_descriptor, &status) != 0) {
    const int error = errno;
    if (m_descriptor >= 0) ::close(m_descriptor);
    throw NotUnderstood(fmt::format("{}: cannot be read: {}", m_path.string(), std::strerror(error)));
  }
  m_size = static_cast<std::uint64_t>(status.st_size);
}

StreamFile::StreamFile(StreamFile&& other) noexcept
    : m_path(std::move(other.m_path)), m_descriptor(std::exchange(other.m_descriptor, -1)), m_size(other.m_size) {}

StreamFile& StreamFile::operator=(StreamFile&& other) noexcept {
  m_path = std::move(other.m_path);
  m_size = other.m_size;
  std::swap(m_descriptor, other.m_descriptor);
  return *this;
}

StreamFile::~StreamFile() {
  if (m_descriptor >= 0) ::close(m_descriptor);
}

std::size_t StreamFile::read(std::uint64_t offset, std::uint8_t* bytes, std::size_t count) const {
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(m_descriptor, bytes + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace descry
