// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/session/session_daemon.hpp"

#include <fmt/format.h>
#include <lttng/lttng.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
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
  if (geteuid() == 0) {
    if (visibility == Visibility::Private) hide();
    std::error_code ignored;
    fs::create_directories(kRootRunDirectory, ignored);
    m_log = fs::path(kRootRunDirectory) / "descry-sessiond.log";
    fs::remove(m_log, ignored);
  } else {
    m_folder.emplace("session");
    if (visibility == Visibility::Private) setenv("LTTNG_HOME", m_folder->path().c_str(), 1);
    m_log = m_folder->path() / "sessiond.log";
  }
  ProcessOptions options;
  options.output = m_log;
  options.noInput = true;
  options.ownGroup = true;  // Ctrl-C is for us: the daemon has to outlive it to write out the trace
  options.endsWithUs = true;
  m_process = std::make_unique<Process>(std::vector<std::string>{"lttng-sessiond", "--no-kernel"}, options);
}

void SessionDaemon::await() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (lttng_session_daemon_alive() != 1) {
    if (const auto code = m_process->poll()) {
      m_process.reset();
      if (*code == Process::kNotFound)
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
  if (m_process) {
    if (!m_process->poll()) return true;
    m_process.reset();
    return false;
  }
  // Somebody else's is asked now and then only: it costs a connection.
  const auto now = std::chrono::steady_clock::now();
  if (now - m_asked < kAskPeriod) return true;
  m_asked = now;
  return lttng_session_daemon_alive() == 1;
}

void SessionDaemon::stop() {
  if (!m_process) return;
  m_process->kill(SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kStopPatience;
  while (!m_process->poll()) {
    if (std::chrono::steady_clock::now() > deadline) {
      m_process->killGroup(SIGKILL);  // with its consumer daemons
      m_process->wait();
      break;
    }
    std::this_thread::sleep_for(10ms);
  }
  m_process.reset();
}

SessionDaemon::~SessionDaemon() {
  stop();
}

}  // namespace descry
