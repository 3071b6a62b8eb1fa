// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <string_view>

#include "schemas/model/error.hpp"

/// What all programs do alike at the command line.
namespace descry::cli {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kDamaged = 3,  ///< done, but events were lost or something is wrong with the trace
  kFailedCheck = 4,
};

/// Thrown by a command for what it was asked when that makes no sense: run() exits with kUsage.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// Runs `work` and turns an exception into a message on stderr and an exit code. `command`: whose --help a UsageError
/// points to.
int run(std::string_view program, const std::function<int()>& work, std::string_view command = {});

/// What the standard output still holds is written. Returns `code`, or kFailed after a message where that failed and
/// `code` says that the work was done.
int written(std::string_view program, int code);

/// One line on stderr, "subject: text". The text may hold foreign names.
void say(std::string_view subject, std::string_view text);

/// From now on SIGINT, SIGTERM and SIGHUP set the returned flag; a second one ends the program at once.
const std::atomic<bool>& catchInterrupts();

/// A write beyond the file size limit then fails with an error; otherwise a signal ends the program.
void ignoreFileSizeSignal();

bool isTerminal(int fd);
/// True when text on `fd` may be coloured: a terminal, and NO_COLOR (no-color.org) is not set.
bool mayColour(int fd);
/// Columns of the terminal at `fd`; 80 when it is none or does not say.
int terminalWidth(int fd);

}  // namespace descry::cli
