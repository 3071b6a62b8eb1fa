// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/query/query_thread.hpp"

#include "gui/query/unchanged.hpp"
#include "schemas/model/error.hpp"

namespace descry::gui {

namespace {
constexpr std::int64_t kCacheBytes = 12 << 20;
}

QueryThread::QueryThread(std::filesystem::path path, std::optional<FileState> state, Activity& activity,
                         QObject* parent)
    : QObject(parent), m_path(std::move(path)), m_state(state), m_activity(activity), m_thread([this] { run(); }) {}

QueryThread::~QueryThread() {
  {
    const std::lock_guard lock(m_mutex);
    m_ending = true;
    ++m_newest;
  }
  m_wake.notify_one();
  m_thread.join();
  if (m_busy) m_activity.end();
}

void QueryThread::ask(Work work, Failed failed) {
  {
    const std::lock_guard lock(m_mutex);
    m_next = {++m_newest, std::move(work), std::move(failed)};
  }
  m_wake.notify_one();
  if (!m_busy) m_activity.begin();
  m_busy = true;
}

void QueryThread::cancel() {
  {
    const std::lock_guard lock(m_mutex);
    ++m_newest;
    m_next = {};
  }
  if (m_busy) finish();
}

void QueryThread::finish() {
  m_busy = false;
  m_activity.end();
}

void QueryThread::post(std::uint64_t number, std::function<void()> closure, bool last) {
  QMetaObject::invokeMethod(
      this,
      [this, number, closure = std::move(closure), last] {
        if (number != m_newest) return;
        if (closure) closure();
        if (!last || number != m_newest) return;
        finish();
        emit answered();
      },
      Qt::QueuedConnection);
}

void QueryThread::answer(const Question& question, const Database& database) {
  try {
    if (m_state) requireUnchanged(m_path, *m_state);
    question.work(database, Deliver(*this, question.number));
    post(question.number, {}, true);
  } catch (const Cancelled&) {
    // Somebody asked something newer, and will be answered.
  } catch (const std::exception& error) {
    const QString message = QString::fromUtf8(error.what());
    post(
        question.number,
        [failed = question.failed, message] {
          if (failed) failed(message);
        },
        true);
  }
}

void QueryThread::run() {
  std::optional<Database> database;
  std::uint64_t current = 0;
  while (true) {
    Question question;
    {
      std::unique_lock lock(m_mutex);
      m_wake.wait(lock, [&] { return m_ending || m_next.number != 0; });
      if (m_ending) return;
      question = std::move(m_next);
      m_next = {};
    }
    current = question.number;
    if (!database) {
      try {
        database = Database::openReadOnly(m_path);
        database->limitCache(kCacheBytes);
        database->stopWhen([this, &current] { return m_newest.load(std::memory_order_relaxed) != current; });
      } catch (const std::exception& error) {
        database.reset();
        const QString message = QString::fromUtf8(error.what());
        post(
            question.number,
            [failed = question.failed, message] {
              if (failed) failed(message);
            },
            true);
        continue;
      }
    }
    answer(question, *database);
  }
}

}  // namespace descry::gui
