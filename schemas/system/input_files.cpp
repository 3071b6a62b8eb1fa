// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/system/input_files.hpp"

#include <sys/stat.h>

namespace descry {

namespace fs = std::filesystem;

void InputFiles::add(const fs::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return;
  if (!S_ISDIR(status.st_mode)) {
    m_files.emplace(status.st_dev, status.st_ino);
    return;
  }
  m_folders.emplace(status.st_dev, status.st_ino);
  // A file of the folder may have another name elsewhere.
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
    if (stat(at->path().c_str(), &status) == 0 && S_ISREG(status.st_mode))
      m_files.emplace(status.st_dev, status.st_ino);
}

void InputFiles::add(const InputFiles& others) {
  m_files.insert(others.m_files.begin(), others.m_files.end());
  m_folders.insert(others.m_folders.begin(), others.m_folders.end());
}

bool InputFiles::has(const fs::path& path) const {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && m_files.contains({status.st_dev, status.st_ino})) return true;
  if (m_folders.empty()) return false;
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(path, error);
  for (fs::path folder = whole; folder.has_relative_path();) {
    folder = folder.parent_path();
    if (stat(folder.c_str(), &status) == 0 && m_folders.contains({status.st_dev, status.st_ino})) return true;
  }
  return false;
}

bool InputFiles::has(int descriptor) const {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && m_files.contains({status.st_dev, status.st_ino});
}

}  // namespace descry
