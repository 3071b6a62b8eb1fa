// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "gui/query/activity.hpp"
#include "schemas/store/database.hpp"
#include "schemas/system/file_state.hpp"

namespace descry::gui {

/// A thread with a read-only connection of its own, for one kind of question. Only the newest question matters: asking
/// another one stops the one that is worked on, and answers to old ones never arrive. Lives in the GUI thread.
class QueryThread : public QObject {
  Q_OBJECT
 public:
  /// Hands something over to the GUI thread, where it runs if the question is still the newest.
  class Deliver {
   public:
    void operator()(std::function<void()> closure) const { m_thread.post(m_number, std::move(closure), false); }
    /// False once another question was asked. The thread's own connection is stopped then; work that opens another
    /// database has to stop that one.
    bool isWanted() const { return m_thread.m_newest.load(std::memory_order_relaxed) == m_number; }

   private:
    friend class QueryThread;
    Deliver(QueryThread& thread, std::uint64_t number) : m_thread(thread), m_number(number) {}
    QueryThread& m_thread;
    std::uint64_t m_number;
  };
  /// Runs in the thread; what it delivers should hold shared_ptr<const T>. May deliver several times.
  using Work = std::function<void(const Database&, const Deliver&)>;
  using Failed = std::function<void(const QString&)>;

  /// `state`: every question fails once the file is not in this state any more.
  QueryThread(std::filesystem::path path, std::optional<FileState> state, Activity& activity, QObject* parent);
  ~QueryThread() override;

  void ask(Work work, Failed failed = {});
  /// Stops what is worked on; nothing of it arrives.
  void cancel();
  bool isBusy() const { return m_busy; }

 signals:
  /// The newest question is answered (or failed).
  void answered();

 private:
  struct Question {
    std::uint64_t number = 0;
    Work work;
    Failed failed;
  };
  void run();
  void answer(const Question& question, const Database& database);
  void post(std::uint64_t number, std::function<void()> closure, bool last);
  void finish();

  const std::filesystem::path m_path;
  const std::optional<FileState> m_state;
  Activity& m_activity;
  bool m_busy = false;
  std::atomic<std::uint64_t> m_newest = 0;
  std::atomic<bool> m_ending = false;
  std::mutex m_mutex;
  std::condition_variable m_wake;
  Question m_next;  ///< number 0: none
  std::thread m_thread;
};

}  // namespace descry::gui
