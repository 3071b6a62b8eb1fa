// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/cli/cli.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <new>

#include "schemas/system/ending_signals.hpp"
#include "schemas/system/output_file.hpp"

namespace descry::cli {

namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

// The first signal asks for an orderly end; the next one takes away what is half written and ends at once.
void onInterrupt(int) {
  interrupted = true;
  removeOutputsOnSignal();
}

}  // namespace

int run(std::string_view program, const std::function<int()>& work, std::string_view command) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    std::cerr << program << ": out of memory\n";
  } catch (const UsageError& error) {
    std::cerr << program << ": " << error.what() << "\nTry '" << program << (command.empty() ? "" : " ") << command
              << " --help'.\n";
    return kUsage;
  } catch (const std::exception& error) {
    std::cerr << program << ": " << error.what() << '\n';
  }
  return kFailed;
}

const std::atomic<bool>& catchInterrupts() {
  // A message that is being written when the signal comes is written to its end.
  handleEndingSignals(onInterrupt, static_cast<int>(SA_RESTART));
  return interrupted;
}

void ignoreFileSizeSignal() {
  std::signal(SIGXFSZ, SIG_IGN);
}

bool isTerminal(int fd) {
  return isatty(fd) == 1;
}

bool mayColour(int fd) {
  const char* noColour = std::getenv("NO_COLOR");
  return isTerminal(fd) && (noColour == nullptr || *noColour == '\0');
}

int terminalWidth(int fd) {
  constexpr int kDefault = 80;
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kDefault;
}

}  // namespace descry::cli
