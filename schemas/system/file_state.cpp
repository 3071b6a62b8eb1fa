// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/system/file_state.hpp"

#include <sys/stat.h>

namespace descry {

FileState FileState::of(const std::filesystem::path& path) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec};
}

}  // namespace descry
