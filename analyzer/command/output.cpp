// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/command/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "analyzer/cli/cli.hpp"
#include "analyzer/report/report.hpp"
#include "schemas/model/error.hpp"
#include "schemas/system/output_file.hpp"
#include "schemas/system/own_output.hpp"

namespace descry {

void refuseTerminal(const OutputTarget& target) {
  if (target.isStandardOutput() && cli::isTerminal(STDOUT_FILENO))
    throw Error(fmt::format("{} is not for a terminal: give a file with -o FILE", target.format));
}

void writeOutput(const OutputTarget& target, ReportOptions& options, const std::function<void(std::ostream&)>& write) {
  if (target.isStandardOutput()) {
    options.colour = cli::mayColour(STDOUT_FILENO);
    options.width = cli::terminalWidth(STDOUT_FILENO);
    write(std::cout);
    std::cout.flush();
    if (!std::cout) throw Error(fmt::format("cannot write to the standard output: {}", std::strerror(errno)));
    return;
  }
  writeFile(target.path, rulesForOwn(target.format, target.inputs, target.force), write);
}

}  // namespace descry
