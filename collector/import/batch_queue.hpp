// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "collector/event/batch.hpp"

namespace descry {

/// A batch with how far into the trace its end is (0..1), if that is known.
struct ReadBatch {
  Batch batch;
  std::optional<double> share;
};

/// Hands batches from the thread that reads to the thread that folds. Bounded, so a fast reader waits instead of
/// filling the memory, and batches go back to be filled again, so nothing is allocated in the steady state.
class BatchQueue {
 public:
  enum class Wait { Ready, Ended, TimedOut };

  /// Reader: an empty batch, used before if there is one.
  ReadBatch fresh() {
    const std::lock_guard lock(m_mutex);
    if (m_spare.empty()) return {};
    ReadBatch batch = std::move(m_spare.back());
    m_spare.pop_back();
    return batch;
  }

  /// Reader: waits for room. False when it must stop.
  bool push(ReadBatch batch, const std::stop_token& stop) {
    std::unique_lock lock(m_mutex);
    if (!m_room.wait(lock, stop, [this] { return m_ready.size() < kDepth; })) return false;
    m_ready.push_back(std::move(batch));
    m_filled.notify_one();
    return true;
  }

  /// Reader: nothing more comes, because the trace ended or because of an error.
  void close(std::exception_ptr error) {
    const std::lock_guard lock(m_mutex);
    m_closed = true;
    m_error = std::move(error);
    m_filled.notify_one();
  }

  /// Folder: waits for a batch, but not longer than it may take until a user notices. Rethrows the reader's error once
  /// the batches before it were taken.
  Wait pop(ReadBatch& batch, std::chrono::milliseconds patience) {
    std::unique_lock lock(m_mutex);
    if (!m_filled.wait_for(lock, patience, [this] { return m_closed || !m_ready.empty(); })) return Wait::TimedOut;
    if (m_ready.empty()) {
      if (m_error) std::rethrow_exception(m_error);
      return Wait::Ended;
    }
    batch = std::move(m_ready.front());
    m_ready.pop_front();
    m_room.notify_one();
    return Wait::Ready;
  }

  /// Folder: gives a batch back.
  void recycle(ReadBatch batch) {
    batch.batch.clear();
    const std::lock_guard lock(m_mutex);
    if (m_spare.size() < kDepth) m_spare.push_back(std::move(batch));
  }

 private:
  static constexpr std::size_t kDepth = 8;

  std::mutex m_mutex;
  std::condition_variable_any m_room;
  std::condition_variable m_filled;
  std::deque<ReadBatch> m_ready;
  std::vector<ReadBatch> m_spare;
  bool m_closed = false;
  std::exception_ptr m_error;
};

}  // namespace descry
