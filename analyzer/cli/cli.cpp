// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/cli/cli.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>
#include <system_error>

#include "schemas/system/ending_signals.hpp"
#include "schemas/system/output_file.hpp"
#include "schemas/text/escape.hpp"

namespace descry::cli {

namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

// The first signal asks for an orderly end; the next one takes away what is half written and ends at once.
void onInterrupt(int) {
  interrupted = true;
  removeOutputsOnSignal();
}

constexpr std::string_view kCannotWrite = "cannot write to the standard output";

/// {fmt} says "cannot write to file" of the standard output, and libstdc++ no more than the error of a thread that the
/// system refused.
std::string describe(const std::system_error& error) {
  if (std::ferror(stdout) != 0) return fmt::format("{}: {}", kCannotWrite, error.code().message());
  if (error.code() == std::errc::resource_unavailable_try_again)
    return "the system refuses another thread or process: raise the limit of processes or memory (ulimit -a), or use "
           "--jobs 1 where there is such an option";
  return error.what();
}

}  // namespace

int run(std::string_view program, const std::function<int()>& work, std::string_view command) {
  try {
    return written(program, work());
  } catch (const std::bad_alloc&) {
    say(program, "out of memory");
  } catch (const UsageError& error) {
    std::cerr << program << ": " << printableLines(error.what()) << "\nTry '" << program << (command.empty() ? "" : " ")
              << command << " --help'.\n";
    return kUsage;
  } catch (const std::system_error& error) {
    say(program, describe(error));
  } catch (const std::exception& error) {
    say(program, error.what());
  }
  return kFailed;
}

int written(std::string_view program, int code) {
  errno = 0;
  std::cout.flush();
  const bool failed = !std::cout || std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
  if (!failed || code == kFailed || code == kUsage) return code;
  say(program, fmt::format("{}{}{}", kCannotWrite, errno == 0 ? "" : ": ", errno == 0 ? "" : std::strerror(errno)));
  return kFailed;
}

void say(std::string_view subject, std::string_view text) {
  std::cerr << subject << ": " << printable(text) << '\n';
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
