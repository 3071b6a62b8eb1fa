// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/store/background_writer.hpp"

#include <utility>

namespace descry {

BackgroundWriter::BackgroundWriter() : m_thread([this] { run(); }) {}

BackgroundWriter::~BackgroundWriter() {
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
    m_waiting.clear();
  }
  m_posted.notify_one();
  m_thread.join();
}

void BackgroundWriter::post(std::function<void()> job) {
  std::unique_lock lock(m_mutex);
  m_done.wait(lock, [this] { return m_waiting.size() < kDepth; });
  rethrow();
  m_waiting.push_back(std::move(job));
  m_posted.notify_one();
}

void BackgroundWriter::drain() {
  std::unique_lock lock(m_mutex);
  m_done.wait(lock, [this] { return m_waiting.empty() && !m_busy; });
  rethrow();
}

void BackgroundWriter::rethrow() const {
  if (m_failure) std::rethrow_exception(m_failure);
}

void BackgroundWriter::run() {
  std::unique_lock lock(m_mutex);
  while (true) {
    m_posted.wait(lock, [this] { return m_stop || !m_waiting.empty(); });
    if (m_stop) return;
    const std::function<void()> job = std::move(m_waiting.front());
    m_waiting.pop_front();
    m_busy = true;
    lock.unlock();
    std::exception_ptr failure;
    try {
      job();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    m_busy = false;
    if (failure) {
      m_failure = failure;
      m_waiting.clear();
    }
    m_done.notify_all();
  }
}

}  // namespace descry
