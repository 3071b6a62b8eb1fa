// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <exception>
#include <queue>
#include <utility>
#include <vector>

#include "schemas/model/points.hpp"

namespace descry::simulate {

/// One activity of the simulated world: a coroutine that starts when it is awaited (or spawned) and returns to the
/// coroutine that awaited it. Owns its frame, so the whole tree of a process is freed with its root.
class [[nodiscard]] Task {
 public:
  struct promise_type {
    std::coroutine_handle<> continuation = std::noop_coroutine();
    std::exception_ptr error;

    struct Return {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) const noexcept {
        return done.promise().continuation;
      }
      void await_resume() const noexcept {}
    };
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    Return final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() { error = std::current_exception(); }
  };

  Task(Task&& other) noexcept : m_handle(std::exchange(other.m_handle, {})) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (m_handle) m_handle.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
    m_handle.promise().continuation = awaiting;
    return m_handle;
  }
  void await_resume() const {
    if (m_handle.promise().error) std::rethrow_exception(m_handle.promise().error);
  }

  std::coroutine_handle<promise_type> handle() const { return m_handle; }

 private:
  explicit Task(std::coroutine_handle<promise_type> handle) : m_handle(handle) {}
  std::coroutine_handle<promise_type> m_handle;
};

/// Discrete-event clock of the world: true time in ns, from 0. What happens at the same time happens in the order in
/// which it was scheduled, so a run depends on nothing but its input.
class Engine {
 public:
  struct Delay {
    Engine& engine;
    Ns when;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) { engine.schedule(when, waiting); }
    void await_resume() const noexcept {}
  };

  Ns now() const { return m_now; }
  Delay sleep(Ns duration) { return {*this, m_now + (duration > 0 ? duration : 0)}; }
  Delay sleepUntil(Ns when) { return {*this, when > m_now ? when : m_now}; }
  void schedule(Ns when, std::coroutine_handle<> waiting) { m_queue.push({when, m_order++, waiting}); }
  /// Starts a process at the current time; the engine keeps it until the end.
  void spawn(Task task) {
    m_processes.push_back(std::move(task));
    schedule(m_now, m_processes.back().handle());
  }
  /// Runs until nothing is left to do or `limit` is reached. Rethrows what a process threw.
  void run(Ns limit) {
    while (!m_queue.empty() && m_queue.top().when <= limit) {
      const Entry next = m_queue.top();
      m_queue.pop();
      m_now = next.when;
      next.waiting.resume();
    }
    for (const Task& task : m_processes)
      if (task.handle().promise().error) std::rethrow_exception(task.handle().promise().error);
  }

 private:
  struct Entry {
    Ns when;
    std::uint64_t order;
    std::coroutine_handle<> waiting;
    bool operator>(const Entry& other) const { return when != other.when ? when > other.when : order > other.order; }
  };
  Ns m_now = 0;
  std::uint64_t m_order = 0;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> m_queue;
  std::deque<Task> m_processes;
};

/// Processes wait here until somebody says that what they wait for may have come.
class Condition {
 public:
  explicit Condition(Engine& engine) : m_engine(engine) {}

  struct Wait {
    Condition& condition;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) { condition.m_waiting.push_back(waiting); }
    void await_resume() const noexcept {}
  };
  Wait wait() { return {*this}; }
  void notifyAll() {
    for (const std::coroutine_handle<> waiting : m_waiting) m_engine.schedule(m_engine.now(), waiting);
    m_waiting.clear();
  }

 private:
  Engine& m_engine;
  std::vector<std::coroutine_handle<>> m_waiting;
};

}  // namespace descry::simulate
