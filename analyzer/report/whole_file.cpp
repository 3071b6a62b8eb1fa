// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/report/whole_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

void writeWhole(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  fs::path part = path;
  part += ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  if (!file) throw Error(fmt::format("{}: cannot create: {}", part.string(), std::strerror(errno)));
  std::error_code error;
  try {
    write(file);
    file.close();
    if (!file) throw Error(fmt::format("{}: cannot write: {}", part.string(), std::strerror(errno)));
    fs::rename(part, path);
  } catch (...) {
    fs::remove(part, error);
    throw;
  }
}

}  // namespace descry
