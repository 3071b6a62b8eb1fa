// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>

#include "schemas/system/input_files.hpp"

namespace descry {

struct ReportOptions;

/// Where the output of a command goes, and what it may replace.
struct OutputTarget {
  std::string path;  ///< "" or "-": the standard output
  std::string format;
  InputFiles inputs;
  bool force = false;

  bool isStandardOutput() const { return path.empty() || path == "-"; }
};

/// Throws Error where what is not text would go to a terminal.
void refuseTerminal(const OutputTarget& target);

/// Calls write(stream) for the standard output, with the terminal's width and colours put into `options`, or for a
/// file, which appears whole or not at all. Throws Error when it cannot be written.
void writeOutput(const OutputTarget& target, ReportOptions& options, const std::function<void(std::ostream&)>& write);

}  // namespace descry
