// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>

namespace descry {

/// A copy of a program under another name that runs until the object ends.
class RunningProgram {
 public:
  RunningProgram(const std::filesystem::path& original, const std::filesystem::path& path) {
    std::filesystem::copy_file(original, path);
    m_pid = fork();
    if (m_pid == 0) {
      execl(path.c_str(), path.c_str(), "1000", nullptr);
      _exit(127);
    }
    std::error_code error;
    while (std::filesystem::read_symlink(std::filesystem::path("/proc") / std::to_string(m_pid) / "exe", error) != path)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ~RunningProgram() {
    kill(m_pid, SIGKILL);
    waitpid(m_pid, nullptr, 0);
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;
  pid_t pid() const { return m_pid; }

 private:
  pid_t m_pid = 0;
};

}  // namespace descry
