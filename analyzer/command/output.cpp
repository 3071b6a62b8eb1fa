// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/command/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "analyzer/report/report.hpp"
#include "collector/cli.hpp"
#include "schemas/error.hpp"

namespace descry {

namespace fs = std::filesystem;

void writeOutput(const std::string& path, ReportOptions& options, const std::function<void(std::ostream&)>& write) {
  if (path.empty() || path == "-") {
    options.colour = cli::mayColour(STDOUT_FILENO);
    options.width = cli::terminalWidth(STDOUT_FILENO);
    write(std::cout);
    std::cout.flush();
    if (!std::cout) throw Error(fmt::format("cannot write to the standard output: {}", std::strerror(errno)));
    return;
  }
  const fs::path part = path + ".part";
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
