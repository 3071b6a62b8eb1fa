// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

/// `descry report`.
namespace descry::report_command {

struct Arguments {
  std::vector<std::string> databases;
  std::string format, table, output, level = "device";
  int slowest = 10, jobs = 0;
  bool quiet = false;
};

void define(CLI::App& command, Arguments& arguments);

/// Returns the exit code.
int run(const Arguments& arguments);

}  // namespace descry::report_command
