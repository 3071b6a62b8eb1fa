// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/command/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "analyzer/cli/cli.hpp"
#include "analyzer/report/report.hpp"
#include "analyzer/report/whole_file.hpp"
#include "schemas/model/error.hpp"

namespace descry {

void writeOutput(const std::string& path, ReportOptions& options, const std::function<void(std::ostream&)>& write) {
  if (path.empty() || path == "-") {
    options.colour = cli::mayColour(STDOUT_FILENO);
    options.width = cli::terminalWidth(STDOUT_FILENO);
    write(std::cout);
    std::cout.flush();
    if (!std::cout) throw Error(fmt::format("cannot write to the standard output: {}", std::strerror(errno)));
    return;
  }
  writeWhole(path, write);
}

}  // namespace descry
