// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/reader/in_child.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <exception>

namespace descry {

namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DESCRY_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(DESCRY_SANITIZED)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// Another thread may hold a lock while the process forks, which then is never released in the child. The C library
// takes care of its own; the allocators of the sanitizers do not, so a child that stands still is made anew.
constexpr unsigned kSeconds = kSanitized ? 10 : 60;
constexpr int kTries = kSanitized ? 5 : 1;

[[noreturn]] void workInChild(const std::function<void()>& work) {
  constexpr rlim_t kCpuSeconds = 20, kBytes = rlim_t{4} << 30U;
  const rlimit time{kCpuSeconds, kCpuSeconds}, memory{kBytes, kBytes}, core{0, 0};
  setrlimit(RLIMIT_CPU, &time);
  if (!kSanitized) setrlimit(RLIMIT_AS, &memory);
  setrlimit(RLIMIT_CORE, &core);
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGINT, SIGTERM, SIGALRM}) std::signal(signal, SIG_DFL);
  alarm(kSeconds);
  if (const int null = open("/dev/null", O_WRONLY); null >= 0) dup2(null, STDERR_FILENO);
  try {
    work();
  } catch (const std::exception&) {
    _exit(0);  // it will say the same again
  }
  _exit(0);
}

}  // namespace

bool survives(const std::function<void()>& work) {
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const pid_t child = fork();
    if (child < 0) return true;  // then the work shows itself
    if (child == 0) workInChild(work);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
      if (errno != EINTR) return true;
    // A library may also end the program with exit(), as sanitizers do.
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGALRM) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  return false;
}

}  // namespace descry
