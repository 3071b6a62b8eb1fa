// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/system/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>

#include "schemas/model/error.hpp"
#include "schemas/system/unfinished.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

// .case.db.descry-0f3a94c1b2d7.part
constexpr std::string_view kMark = ".descry-", kEnd = ".part";
constexpr std::size_t kDigits = 12;
/// A file name may have 255 bytes.
constexpr std::size_t kMostOfName = 200;

[[noreturn]] void fail(const fs::path& path, std::string_view doing, int error) {
  throw Error(fmt::format("{}: {}: {}", path.string(), doing, std::strerror(error)));
}

fs::path folderOf(const fs::path& path) {
  const fs::path folder = path.parent_path();
  return folder.empty() ? "." : folder;
}

std::string prefixOf(const fs::path& target) {
  return "." + target.filename().string().substr(0, kMostOfName) + std::string(kMark);
}

/// A part file of the target with this prefix.
bool isPart(std::string_view name, std::string_view prefix) {
  return name.size() == prefix.size() + kDigits + kEnd.size() && name.starts_with(prefix) && name.ends_with(kEnd) &&
         name.substr(prefix.size(), kDigits).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool isSameFile(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

bool stillHasName(int fd, const fs::path& path) {
  struct stat byHandle {
  }, byName{};
  return fstat(fd, &byHandle) == 0 && lstat(path.c_str(), &byName) == 0 && isSameFile(byHandle, byName);
}

/// Held while part files are looked for and made, so that two that start together see each other. Where the folder
/// cannot be locked (no permission to read it, a file system without locks) a writer does without.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder) : m_fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    constexpr int kTries = 200, kPauseUs = 5000;
    for (int i = 0; m_fd >= 0 && i < kTries && flock(m_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; ++i)
      usleep(kPauseUs);
  }
  ~FolderLock() {
    if (m_fd >= 0) close(m_fd);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int m_fd;
};

}  // namespace

OutputRules OutputRules::replacingAny() {
  OutputRules rules;
  rules.force = true;
  return rules;
}

void checkOutput(const fs::path& target, const OutputRules& rules) {
  const std::string name = target.string();
  struct stat there {};
  if (stat(target.c_str(), &there) == 0) {
    if (S_ISDIR(there.st_mode)) throw Error(fmt::format("{}: is a directory; give the name of a file", name));
    if (rules.inputs.has(target))
      throw Error(fmt::format("{}: is an input and cannot be the output too; choose another name", name));
  }
  const fs::path folder = folderOf(target);
  if (std::error_code error; !fs::is_directory(folder, error))
    throw Error(fmt::format("{}: directory {} does not exist; make it first", name, folder.string()));
  if (rules.force || lstat(target.c_str(), &there) != 0) return;
  if (S_ISLNK(there.st_mode))
    throw Error(fmt::format("{}: is a symbolic link; name the file it points to, or replace it with --force", name));
  if (S_ISREG(there.st_mode) && there.st_size > 0 && rules.isOurs && !rules.isOurs(target))
    throw Error(fmt::format(
        "{}: already exists and does not look like a file of descry; choose another name, or replace it with --force",
        name));
}

OutputFile::OutputFile(fs::path target, const OutputRules& rules, Writers writers) : m_target(std::move(target)) {
  checkOutput(m_target, rules);
  create(writers);
}

OutputFile::~OutputFile() {
  if (m_fd < 0) return;
  if (stillHasName(m_fd, m_part)) unlink(m_part.c_str());
  forgetUnfinished(m_slot);
  close(m_fd);
}

void OutputFile::create(Writers writers) {
  const FolderLock lock(folderOf(m_target));
  sweep(writers);
  while (!tryCreate()) {
  }
  m_slot = rememberUnfinished(m_part);
}

/// False when the name was taken, or when a sweeper that could not lock the folder took the file for a left one.
bool OutputFile::tryCreate() {
  std::random_device random;
  const std::uint64_t number = (std::uint64_t{random()} << 32 | random()) & ((std::uint64_t{1} << 48) - 1);
  m_part = m_target.parent_path() / fmt::format("{}{:012x}{}", prefixOf(m_target), number, kEnd);
  m_fd = open(m_part.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (m_fd < 0 && errno == EEXIST) return false;
  if (m_fd < 0) fail(m_target, "cannot create", errno);
  flock(m_fd, LOCK_EX | LOCK_NB);
  if (stillHasName(m_fd, m_part)) return true;
  close(m_fd);
  return false;
}

/// The lock of a part file ends with its writer: one that can be locked was left behind.
void OutputFile::sweep(Writers writers) {
  std::error_code error;
  const std::string prefix = prefixOf(m_target);
  std::vector<fs::path> parts;
  for (fs::directory_iterator at(folderOf(m_target), error), end; !error && at != end; at.increment(error))
    if (isPart(at->path().filename().native(), prefix)) parts.push_back(at->path());
  for (const fs::path& part : parts) {
    const int fd = open(part.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) continue;
    struct stat status {};
    const bool isRegular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    const bool isLocked = isRegular && flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (isRegular && !isLocked && stillHasName(fd, part)) unlink(part.c_str());
    close(fd);
    if (isLocked && writers == Writers::One)
      throw Error(
          fmt::format("{}: another descry is writing it: wait for it or choose another name", m_target.string()));
  }
}

void OutputFile::commit() {
  if (fsync(m_fd) != 0) fail(m_target, "cannot write it to the disk", errno);
  if (!stillHasName(m_fd, m_part)) throw Error(fmt::format("{}: {} was replaced", m_target.string(), m_part.string()));
  if (rename(m_part.c_str(), m_target.c_str()) != 0) fail(m_target, "cannot put the finished file here", errno);
  forgetUnfinished(m_slot);
  close(std::exchange(m_fd, -1));
  // In a folder that one may write but not read the rename is done, only its durability is open.
  const int folder = open(folderOf(m_target).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  fsync(folder);
  close(folder);
}

fs::path OutputFile::targetOf(const fs::path& part) {
  const std::string name = part.filename().string();
  const auto mark = name.rfind(kMark);
  if (mark == std::string::npos || !isPart(name, name.substr(0, mark + kMark.size()))) return part;
  return part.parent_path() / name.substr(1, mark - 1);
}

}  // namespace descry
