// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/system/temporary_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kRandom = 6;
/// The sticky bit does nothing in a private folder: it tells ours from what somebody made under such a name.
constexpr mode_t kMode = S_ISVTX | S_IRWXU;

/// A name that mkdtemp made for us: descry-<purpose>-XXXXXX.
bool isOurName(std::string_view name) {
  constexpr std::string_view kStart = "descry-";
  if (!name.starts_with(kStart) || name.size() < kStart.size() + kRandom + 2) return false;
  const std::string_view end = name.substr(name.size() - kRandom - 1);
  return end.front() == '-' &&
         std::ranges::all_of(end.substr(1), [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; });
}

/// A descriptor of the folder, locked; -1: it is not ours, somebody uses it, or it is gone.
int lockedFolder(const fs::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat byHandle {
  }, byName{};
  const bool ours = fstat(fd, &byHandle) == 0 && byHandle.st_uid == geteuid() && (byHandle.st_mode & 07777U) == kMode &&
                    flock(fd, LOCK_EX | LOCK_NB) == 0 && lstat(path.c_str(), &byName) == 0 &&
                    byHandle.st_ino == byName.st_ino && byHandle.st_dev == byName.st_dev;
  if (ours) return fd;
  close(fd);
  return -1;
}

void sweep(const fs::path& base) {
  std::error_code error;
  for (fs::directory_iterator at(base, error), end; !error && at != end; at.increment(error)) {
    if (!isOurName(at->path().filename().native())) continue;
    const int fd = lockedFolder(at->path());
    if (fd < 0) continue;
    std::error_code ignored;
    fs::remove_all(at->path(), ignored);
    close(fd);
  }
}

fs::path systemFolder() {
  std::error_code error;
  const fs::path found = fs::temp_directory_path(error);
  if (!error) return found;
  const char* const named = std::getenv("TMPDIR");
  throw Error(fmt::format("there is no folder for temporary files: {}; set TMPDIR to one that exists",
                          named != nullptr ? fmt::format("TMPDIR is {}", named) : "/tmp does not exist"));
}

}  // namespace

TemporaryFolder::TemporaryFolder(std::string_view purpose, const fs::path& parent) {
  const fs::path base = parent.empty() ? systemFolder() : parent;
  if (parent.empty()) sweep(base);
  // Another program may take the new folder for a left one before it is locked.
  while (m_lock < 0) {
    std::string name = (base / fmt::format("descry-{}-XXXXXX", purpose)).string();
    if (mkdtemp(name.data()) == nullptr)
      throw Error(fmt::format("{}: cannot make a folder for temporary files there: {}; set TMPDIR to another place",
                              base.string(), std::strerror(errno)));
    m_path = name;
    chmod(name.c_str(), kMode);
    m_lock = lockedFolder(m_path);
    if (m_lock < 0 && fs::exists(m_path)) break;  // a file system without locks
  }
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept
    : m_path(std::move(other.m_path)),
      m_lock(std::exchange(other.m_lock, -1)),
      m_keep(std::exchange(other.m_keep, true)) {}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!m_keep) fs::remove_all(m_path, ignored);
  if (m_lock >= 0) close(m_lock);
}

}  // namespace descry
