// SPDX-License-Identifier: GPL-2.0-or-later
// fork and not posix_spawn: a program that waits at a gate or ends with us needs code of ours between the two halves.
// Other threads may run, so the child allocates nothing: it uses what was prepared before.
#include "schemas/system/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "schemas/model/error.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX has it in no header

namespace descry {

namespace {

constexpr int kNotStarted = 126;

std::vector<char*> pointersTo(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> environmentWith(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view entry = *at;
    const std::string_view name = entry.substr(0, entry.find('=') + 1);
    bool isReplaced = false;
    for (const std::string& each : added) isReplaced |= each.starts_with(name);
    if (!isReplaced) all.emplace_back(entry);
  }
  return all;
}

/// What the child needs, made before the fork.
struct Start {
  std::vector<char*> arguments, environment;
  const ProcessOptions* options;
  int gate;
  pid_t parent;
};

[[noreturn]] void runChild(const Start& start) {
  const ProcessOptions& options = *start.options;
  if (options.endsWithUs) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != start.parent) _exit(kNotStarted);
  }
  if (options.ownGroup) setpgid(0, 0);
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    if (struct sigaction action{}; sigaction(number, nullptr, &action) == 0 && action.sa_handler != SIG_IGN)
      signal(number, SIG_DFL);
  char go = 0;
  if (start.gate >= 0 && read(start.gate, &go, 1) != 1) _exit(0);
  if (options.noInput) dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  if (!options.output.empty()) {
    const int log = open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
  }
  execvpe(start.arguments.front(), start.arguments.data(), start.environment.data());
  const int error = errno;
  for (const char* const part :
       {"descry: ", const_cast<const char*>(start.arguments.front()), ": ", strerrordesc_np(error), "\n"})
    if (write(STDERR_FILENO, part, std::strlen(part)) < 0) break;
  _exit(error == ENOENT ? Process::kNotFound : kNotStarted);
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const ProcessOptions& options) {
  const std::vector<std::string> environment = environmentWith(options.environment);
  Start start{pointersTo(command), pointersTo(environment), &options, -1, getpid()};
  int gate[2] = {-1, -1};
  if (options.waits && pipe2(gate, O_CLOEXEC) != 0)
    throw Error(fmt::format("{}: cannot be started: {}", command.front(), std::strerror(errno)));
  start.gate = gate[0];
  m_pid = fork();
  if (m_pid == 0) {
    if (gate[1] >= 0) close(gate[1]);
    runChild(start);
  }
  const int error = errno;
  if (gate[0] >= 0) close(gate[0]);
  m_gate = gate[1];
  if (m_pid > 0) return;
  if (m_gate >= 0) close(m_gate);
  throw Error(fmt::format("{}: cannot be started: {}", command.front(), std::strerror(error)));
}

Process::~Process() {
  if (m_gate < 0) return;
  close(m_gate);
  wait();
}

void Process::release() {
  const char go = 1;
  if (write(m_gate, &go, 1) != 1) throw Error("the command cannot be started");
  close(std::exchange(m_gate, -1));
}

std::optional<int> Process::poll() {
  int status = 0;
  if (!m_code && waitpid(m_pid, &status, WNOHANG) == m_pid) ended(status);
  return m_code;
}

int Process::wait() {
  int status = 0;
  while (!m_code) {
    const pid_t result = waitpid(m_pid, &status, 0);
    if (result == m_pid)
      ended(status);
    else if (errno != EINTR)
      m_code = kNotStarted;
  }
  return *m_code;
}

// One that has been waited for may have given its number to another process.
void Process::kill(int signal) {
  if (!m_code) ::kill(m_pid, signal);
}

void Process::killGroup(int signal) {
  if (!m_code) ::kill(-m_pid, signal);
}

void Process::ended(int status) {
  m_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace descry
