// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace descry {

struct ProcessOptions {
  std::vector<std::string> environment;  ///< "NAME=value": replaces or adds to our own
  std::filesystem::path output;          ///< what it says on both streams is appended here; empty: they are ours
  bool noInput = false;                  ///< /dev/null instead of our standard input
  bool ownGroup = false;                 ///< Ctrl-C at the terminal does not reach it
  bool endsWithUs = false;               ///< SIGTERM when this process ends, however it ends
  bool waits = false;                    ///< it starts at release(), as it would have started now
};

/// Another program, found by the PATH. Descriptors of ours stay ours: they are opened close-on-exec.
class Process {
 public:
  static constexpr int kNotFound = 127;  ///< the exit code when there is no such program

  explicit Process(const std::vector<std::string>& command, const ProcessOptions& options = {});
  /// Ends one that was never released. Any other goes on: wait() or end() it.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void release();
  /// Its exit code when it has ended: 128 + signal if one ended it.
  std::optional<int> poll();
  int wait();
  void kill(int signal);
  /// To it and to what it started; for one with ownGroup.
  void killGroup(int signal);

 private:
  void ended(int status);

  pid_t m_pid = -1;
  int m_gate = -1;
  std::optional<int> m_code;
};

}  // namespace descry
