// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>

namespace CLI {
class App;
}

namespace descry {

/// Adds `import` to a program's commands. The function runs it when it was given, and returns the exit code.
std::function<int()> addImportCommand(CLI::App& app);
/// The same for `record`.
std::function<int()> addRecordCommand(CLI::App& app);
/// The same for `doctor`.
std::function<int()> addDoctorCommand(CLI::App& app);

}  // namespace descry
