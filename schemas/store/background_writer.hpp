// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace descry {

/// Runs what is posted on a thread of its own, in the order of posting, so that SQLite works while others prepare the
/// next rows. Bounded: who posts waits when too much is waiting. After a failure nothing more is run.
class BackgroundWriter {
 public:
  BackgroundWriter();
  /// Does not begin what is still waiting.
  ~BackgroundWriter();
  BackgroundWriter(const BackgroundWriter&) = delete;
  BackgroundWriter& operator=(const BackgroundWriter&) = delete;

  /// Rethrows the failure of something posted before.
  void post(std::function<void()> job);
  /// Waits until everything is done. Rethrows like post().
  void drain();

 private:
  static constexpr std::size_t kDepth = 4;

  void run();
  void rethrow() const;

  std::mutex m_mutex;
  std::condition_variable m_posted, m_done;
  std::deque<std::function<void()>> m_waiting;
  bool m_busy = false, m_stop = false;
  std::exception_ptr m_failure;
  std::thread m_thread;  ///< last: it uses the others
};

}  // namespace descry
