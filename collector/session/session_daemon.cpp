// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/session/session_daemon.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <lttng/lttng.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kRootRunDirectory = "/var/run/lttng";
/// In a virtual machine within an emulated one it takes half a minute.
constexpr auto kPatience = 60s;
constexpr auto kStopPatience = 15s;
constexpr auto kAskPeriod = 1s;

std::string firstLine(const fs::path& log) {
  std::ifstream file(log);
  std::string line;
  while (std::getline(file, line))
    if (line.find("Error") != std::string::npos) return line;
  return "it printed nothing";
}

}  // namespace

SessionDaemon::SessionDaemon(Visibility visibility) {
  if (lttng_session_daemon_alive() == 1) return;
  start(visibility);
  await();
}

/// Root's daemons always use the same run directory; a mount of our own keeps this one from everybody else's eyes.
void SessionDaemon::hide() {
  std::error_code error;
  fs::create_directories(kRootRunDirectory, error);
  if (error) throw Error(fmt::format("{}: cannot be made: {}", kRootRunDirectory, error.message()));
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0 ||
      mount("descry", kRootRunDirectory, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755") != 0)
    throw Error(fmt::format("a private run directory for lttng-sessiond cannot be mounted: {}", std::strerror(errno)));
}

void SessionDaemon::start(Visibility visibility) {
  const fs::path temporary = fs::temp_directory_path();
  if (geteuid() == 0) {
    if (visibility == Visibility::Private) hide();
    m_log = fs::path(kRootRunDirectory) / "descry-sessiond.log";
    std::error_code ignored;
    fs::create_directories(kRootRunDirectory, ignored);
  } else {
    if (visibility == Visibility::Private) {
      std::string name = (temporary / "descry-XXXXXX").string();
      if (mkdtemp(name.data()) == nullptr)
        throw Error(fmt::format("{}: cannot be made: {}", name, std::strerror(errno)));
      m_home = name;
      setenv("LTTNG_HOME", m_home.c_str(), 1);
      m_log = m_home / "sessiond.log";
    } else {
      m_log = temporary / fmt::format("descry-sessiond-{}.log", getpid());
    }
  }
  const pid_t parent = getpid();
  m_pid = fork();
  if (m_pid < 0) throw Error(fmt::format("lttng-sessiond cannot be started: {}", std::strerror(errno)));
  if (m_pid > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(1);
  setpgid(0, 0);  // Ctrl-C is for us: the daemon has to outlive it to write out the trace
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  const int log = open(m_log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execlp("lttng-sessiond", "lttng-sessiond", "--no-kernel", static_cast<char*>(nullptr));
  _exit(errno == ENOENT ? 127 : 126);
}

void SessionDaemon::await() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (lttng_session_daemon_alive() != 1) {
    int status = 0;
    if (waitpid(m_pid, &status, WNOHANG) == m_pid) {
      m_pid = -1;
      if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        throw Error("lttng-sessiond is not installed; it belongs to the package lttng-tools");
      throw Error(fmt::format("lttng-sessiond ended at once: {}", firstLine(m_log)));
    }
    if (std::chrono::steady_clock::now() > deadline) {
      stop();
      throw Error(fmt::format("lttng-sessiond does not answer after {} s", kPatience / 1s));
    }
    std::this_thread::sleep_for(20ms);
  }
}

bool SessionDaemon::alive() {
  if (m_pid > 0) {
    if (waitpid(m_pid, nullptr, WNOHANG) != m_pid) return true;
    m_pid = -1;
    return false;
  }
  // Somebody else's is asked now and then only: it costs a connection.
  const auto now = std::chrono::steady_clock::now();
  if (now - m_asked < kAskPeriod) return true;
  m_asked = now;
  return lttng_session_daemon_alive() == 1;
}

void SessionDaemon::stop() {
  if (m_pid <= 0) return;
  kill(m_pid, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kStopPatience;
  while (waitpid(m_pid, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(-m_pid, SIGKILL);  // with its consumer daemons
      waitpid(m_pid, nullptr, 0);
      break;
    }
    std::this_thread::sleep_for(10ms);
  }
  m_pid = -1;
}

SessionDaemon::~SessionDaemon() {
  stop();
  std::error_code ignored;
  if (!m_home.empty()) fs::remove_all(m_home, ignored);
}

}  // namespace descry
