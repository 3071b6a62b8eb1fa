// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "schemas/model/error.hpp"
#include "schemas/store/database.hpp"

namespace descry {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view doing, int error) {
  throw Error(fmt::format("{}: {}: {}", path.string(), doing, std::strerror(error)));
}

std::filesystem::path directoryOf(const std::filesystem::path& path) {
  const auto directory = path.parent_path();
  return directory.empty() ? "." : directory;
}

/// Said before the work starts and not after it.
void checkTarget(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status))
    throw Error(fmt::format("{}: is a directory; give the name of a file for the database", path.string()));
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw Error(fmt::format("{}: is not a regular file; the database needs one", path.string()));
  const auto directory = directoryOf(path);
  if (!std::filesystem::is_directory(directory, error))
    throw Error(fmt::format("{}: directory {} does not exist; make it first", path.string(), directory.string()));
}

void syncDirectory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;  // a directory one may write but not read: the rename is done, only its durability is open
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

/// Holds the part file open and locked. SQLite's own locks do not do: they guard pages, not the name.
class DatabaseFile::PartLock {
 public:
  explicit PartLock(std::filesystem::path path) : m_path(std::move(path)) {
    while (!tryOpen()) {
    }
  }
  PartLock(const PartLock&) = delete;
  PartLock& operator=(const PartLock&) = delete;
  ~PartLock() {
    if (!m_kept) ::unlink(m_path.c_str());
    ::close(m_fd);
  }

  void sync() {
    if (::fsync(m_fd) != 0) fail(m_path, "cannot write it to the disk", errno);
  }
  void renameTo(const std::filesystem::path& target) {
    if (::rename(m_path.c_str(), target.c_str()) != 0) fail(target, "cannot put the finished database here", errno);
    m_kept = true;
  }

 private:
  /// False if the file was renamed or removed by its owner between opening and locking it.
  bool tryOpen() {
    m_fd = ::open(m_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (m_fd < 0) fail(m_path, "cannot create", errno);
    struct stat byHandle {};
    struct stat byName {};
    if (::flock(m_fd, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      ::close(m_fd);
      if (error == EWOULDBLOCK)
        throw Error(
            fmt::format("{}: another descry is writing it: wait for it or choose another name", m_path.string()));
      fail(m_path, "cannot lock", error);
    }
    if (::fstat(m_fd, &byHandle) == 0 && ::stat(m_path.c_str(), &byName) == 0 && byHandle.st_ino == byName.st_ino &&
        byHandle.st_dev == byName.st_dev && ::ftruncate(m_fd, 0) == 0)
      return true;
    ::close(m_fd);
    return false;
  }

  std::filesystem::path m_path;
  int m_fd = -1;
  bool m_kept = false;
};

DatabaseFile::DatabaseFile(std::filesystem::path path) : m_path(std::move(path)) {
  checkTarget(m_path);
  m_lock = std::make_unique<PartLock>(partPath());
  m_database = Database::create(partPath());
}

DatabaseFile::DatabaseFile(DatabaseFile&&) noexcept = default;

// The connection goes before the lock removes the file.
DatabaseFile::~DatabaseFile() {
  m_database.reset();
}

void DatabaseFile::commit() {
  m_database->begin();
  m_database->commit();
  m_database.reset();
  m_lock->sync();
  m_lock->renameTo(m_path);
  m_lock.reset();
  syncDirectory(directoryOf(m_path));
}

std::filesystem::path DatabaseFile::partPath() const {
  std::filesystem::path part = m_path;
  part += ".part";
  return part;
}

}  // namespace descry
