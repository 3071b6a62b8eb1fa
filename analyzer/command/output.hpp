// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

namespace descry {

struct ReportOptions;

/// Calls write(stream) for the standard output ("" or "-", with the terminal's width and colours put into `options`) or
/// for a file, which appears whole or not at all. Throws Error when it cannot be written.
void writeOutput(const std::string& path, ReportOptions& options, const std::function<void(std::ostream&)>& write);

}  // namespace descry
