// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace descry {

/// The words of each command of a text: of a shell (quotes, a backslash at the end of a line), of ps, which leaves the
/// quotes out, or of /proc/PID/cmdline, which puts a zero behind each word. Braces keep what is in them together,
/// because options in JSON have blanks and quotes of their own.
std::vector<std::vector<std::string>> shellCommands(std::string_view text);

}  // namespace descry
