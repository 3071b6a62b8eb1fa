// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/query/query_thread.hpp"

#include <gmock/gmock.h>

#include <QCoreApplication>
#include <QSignalSpy>
#include <QTest>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace descry::gui {
namespace {

/// Takes hours: only interrupting it ends it.
constexpr const char* kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT count(*) FROM n";

bool waitFor(const std::function<bool()>& condition) {
  constexpr int kPatienceMs = 30'000;
  return QTest::qWaitFor(condition, kPatienceMs);
}

/// A database with two rows, which is removed again.
struct SmallDatabase {
  SmallDatabase()
      : path(std::filesystem::temp_directory_path() /
             (std::string("query-thread-") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".db")) {
    std::filesystem::remove(path);
    Database database = Database::create(path);
    database.execute("CREATE TABLE thing (i INTEGER); INSERT INTO thing VALUES (1), (2)");
    database.commit();
  }
  ~SmallDatabase() { std::filesystem::remove(path); }
  std::filesystem::path path;
};

class QueryThreadTest : public testing::Test {
 protected:
  SmallDatabase m_small;
  Activity m_activity;
  QueryThread m_thread{m_small.path, std::nullopt, m_activity, nullptr};
};

TEST_F(QueryThreadTest, AnswersInTheThreadThatAsked) {
  const QSignalSpy answered(&m_thread, &QueryThread::answered);
  std::thread::id workedIn, deliveredIn;
  std::int64_t rows = 0;
  m_thread.ask([&](const Database& database, const QueryThread::Deliver& deliver) {
    workedIn = std::this_thread::get_id();
    const std::int64_t count = database.queryInteger("SELECT count(*) FROM thing").value_or(-1);
    deliver([&, count] {
      deliveredIn = std::this_thread::get_id();
      rows = count;
    });
  });
  EXPECT_TRUE(m_thread.isBusy());
  EXPECT_TRUE(m_activity.isBusy());
  ASSERT_TRUE(waitFor([&] { return answered.count() == 1; }));
  EXPECT_EQ(rows, 2);
  EXPECT_EQ(deliveredIn, std::this_thread::get_id());
  EXPECT_NE(workedIn, deliveredIn);
  EXPECT_FALSE(m_thread.isBusy());
  EXPECT_FALSE(m_activity.isBusy());
}

TEST_F(QueryThreadTest, DeliversStepsInTheirOrderBeforeItSaysThatItIsDone) {
  std::vector<int> steps;
  std::size_t atTheEnd = 0;
  QObject::connect(&m_thread, &QueryThread::answered, &m_thread, [&] { atTheEnd = steps.size(); });
  m_thread.ask([&](const Database&, const QueryThread::Deliver& deliver) {
    for (int step = 0; step < 50; ++step) deliver([&steps, step] { steps.push_back(step); });
  });
  ASSERT_TRUE(waitFor([&] { return !m_thread.isBusy(); }));
  EXPECT_EQ(atTheEnd, 50U);
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
}

TEST_F(QueryThreadTest, ANewQuestionStopsTheStatementOfTheOldOne) {
  const QSignalSpy answered(&m_thread, &QueryThread::answered);
  std::atomic<bool> started = false;
  bool oldArrived = false, oldFailed = false, newArrived = false;
  m_thread.ask(
      [&](const Database& database, const QueryThread::Deliver& deliver) {
        started = true;
        database.queryInteger(kEndless);
        deliver([&] { oldArrived = true; });
      },
      [&](const QString&) { oldFailed = true; });
  ASSERT_TRUE(waitFor([&] { return started.load(); }));
  m_thread.ask([&](const Database&, const QueryThread::Deliver& deliver) { deliver([&] { newArrived = true; }); });
  ASSERT_TRUE(waitFor([&] { return answered.count() > 0; }));
  EXPECT_TRUE(newArrived);
  EXPECT_FALSE(oldArrived);
  EXPECT_FALSE(oldFailed) << "being overtaken is not a failure";
  EXPECT_EQ(answered.count(), 1);
  EXPECT_FALSE(m_activity.isBusy());
}

TEST_F(QueryThreadTest, WhatAnOldQuestionDeliveredBeforeTheNewOneNeverArrives) {
  std::atomic<bool> delivered = false;
  bool oldArrived = false;
  m_thread.ask([&](const Database&, const QueryThread::Deliver& deliver) {
    deliver([&] { oldArrived = true; });
    delivered = true;
  });
  // It lies in this thread's queue of events, which does not run here.
  while (!delivered) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  bool newArrived = false;
  m_thread.ask([&](const Database&, const QueryThread::Deliver& deliver) { deliver([&] { newArrived = true; }); });
  ASSERT_TRUE(waitFor([&] { return !m_thread.isBusy(); }));
  EXPECT_TRUE(newArrived);
  EXPECT_FALSE(oldArrived);
}

TEST_F(QueryThreadTest, OfManyQuestionsAtOnceTheLastIsAnswered) {
  const QSignalSpy answered(&m_thread, &QueryThread::answered);
  std::vector<int> arrived;
  for (int question = 0; question < 200; ++question)
    m_thread.ask([&arrived, question](const Database&, const QueryThread::Deliver& deliver) {
      deliver([&arrived, question] { arrived.push_back(question); });
    });
  ASSERT_TRUE(waitFor([&] { return !m_thread.isBusy(); }));
  EXPECT_EQ(arrived, std::vector<int>{199});
  EXPECT_EQ(answered.count(), 1);
}

TEST_F(QueryThreadTest, NothingArrivesAfterCancelling) {
  const QSignalSpy answered(&m_thread, &QueryThread::answered);
  std::atomic<bool> started = false;
  bool arrived = false;
  m_thread.ask([&](const Database& database, const QueryThread::Deliver& deliver) {
    started = true;
    database.queryInteger(kEndless);
    deliver([&] { arrived = true; });
  });
  ASSERT_TRUE(waitFor([&] { return started.load(); }));
  m_thread.cancel();
  EXPECT_FALSE(m_thread.isBusy());
  EXPECT_FALSE(m_activity.isBusy());
  bool next = false;
  m_thread.ask([&](const Database&, const QueryThread::Deliver& deliver) { deliver([&] { next = true; }); });
  ASSERT_TRUE(waitFor([&] { return next; })) << "the thread is free again";
  EXPECT_FALSE(arrived);
}

TEST_F(QueryThreadTest, AFailureIsSaidOnceAndTheThreadGoesOn) {
  const QSignalSpy answered(&m_thread, &QueryThread::answered);
  QString said;
  m_thread.ask([](const Database&, const QueryThread::Deliver&) { throw std::runtime_error("no such thing"); },
               [&](const QString& message) { said = message; });
  ASSERT_TRUE(waitFor([&] { return answered.count() == 1; }));
  EXPECT_EQ(said, QStringLiteral("no such thing"));
  EXPECT_FALSE(m_activity.isBusy());
  bool arrived = false;
  m_thread.ask([&](const Database&, const QueryThread::Deliver& deliver) { deliver([&] { arrived = true; }); });
  EXPECT_TRUE(waitFor([&] { return arrived; }));
}

TEST_F(QueryThreadTest, CannotWriteToTheCase) {
  QString said;
  m_thread.ask([](const Database& database,
                  const QueryThread::Deliver&) { database.queryInteger("DELETE FROM thing RETURNING i"); },
               [&](const QString& message) { said = message; });
  ASSERT_TRUE(waitFor([&] { return !m_thread.isBusy(); }));
  EXPECT_TRUE(said.contains(QStringLiteral("readonly"))) << said.toStdString();
}

TEST(QueryThread, SaysForEachQuestionThatTheCaseCannotBeOpened) {
  Activity activity;
  QueryThread thread("/nonexistent/case.db", std::nullopt, activity, nullptr);
  for (int question = 0; question < 2; ++question) {
    QString said;
    thread.ask([](const Database&, const QueryThread::Deliver&) {}, [&](const QString& message) { said = message; });
    ASSERT_TRUE(waitFor([&] { return !thread.isBusy(); }));
    EXPECT_TRUE(said.contains(QStringLiteral("/nonexistent/case.db"))) << said.toStdString();
  }
  EXPECT_FALSE(activity.isBusy());
}

TEST(QueryThread, EndsInTheMiddleOfAStatement) {
  const SmallDatabase small;
  Activity activity;
  std::atomic<bool> started = false;
  bool arrived = false;
  {
    QueryThread thread(small.path, std::nullopt, activity, nullptr);
    thread.ask([&](const Database& database, const QueryThread::Deliver& deliver) {
      started = true;
      database.queryInteger(kEndless);
      deliver([&] { arrived = true; });
    });
    ASSERT_TRUE(waitFor([&] { return started.load(); }));
  }
  EXPECT_FALSE(activity.isBusy());
  QCoreApplication::processEvents();
  EXPECT_FALSE(arrived);
}

}  // namespace
}  // namespace descry::gui

int main(int argc, char** argv) {
  const QCoreApplication application(argc, argv);
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
