// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "schemas/system/process.hpp"
#include "schemas/system/temporary_folder.hpp"

namespace descry {

/// The LTTng session daemon that a recording uses: one that runs already, or one of our own that ends with us, however
/// we end. A daemon of our own lives in a run directory that is hidden from others: for root, whose daemons have a
/// fixed one, that takes a mount namespace, which the calling process then stays in.
class SessionDaemon {
 public:
  enum class Visibility {
    Private,  ///< for our own events
    Shared,   ///< in the usual place, where other programs with LTTng-UST look for a daemon
  };

  /// Finds or starts it. Call before any other thread runs. Throws Error when there is none and none can be started.
  explicit SessionDaemon(Visibility visibility);
  /// Ends a daemon of our own and removes its run directory.
  ~SessionDaemon();
  SessionDaemon(const SessionDaemon&) = delete;
  SessionDaemon& operator=(const SessionDaemon&) = delete;

  bool isOurs() const { return m_process != nullptr; }
  /// False when a daemon of our own has ended by itself.
  bool alive();
  void stop();

 private:
  void start(Visibility visibility);
  void hide();
  void await();

  std::optional<TemporaryFolder> m_folder;  ///< unless root: for its log, and its LTTNG_HOME when private
  std::unique_ptr<Process> m_process;       ///< null: not ours, or ended
  std::filesystem::path m_log;
  std::chrono::steady_clock::time_point m_asked;
};

}  // namespace descry
