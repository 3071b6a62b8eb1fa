// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace descry {

/// A command that runs while a recording does. It is forked before the recording changes anything about this process,
/// waits, and starts when it is released.
class ChildCommand {
 public:
  explicit ChildCommand(const std::vector<std::string>& words);
  /// Ends a command that was never released.
  ~ChildCommand();
  ChildCommand(const ChildCommand&) = delete;
  ChildCommand& operator=(const ChildCommand&) = delete;

  void release();
  /// Its exit code (128 + signal) when it has ended.
  std::optional<int> poll();

 private:
  pid_t m_pid = -1;
  int m_gate = -1;
  std::optional<int> m_code;
};

}  // namespace descry
