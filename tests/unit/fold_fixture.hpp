// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <initializer_list>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "collector/fold/fold.hpp"
#include "schemas/store/database_file.hpp"

namespace descry {

/// Feeds hand-made events to a fold and gives the halves back by position.
class FoldFixture : public testing::Test {
 protected:
  using Values = std::map<Field, std::uint64_t>;  // ordered, as Event::append wants it

  void SetUp() override {
    m_path = std::filesystem::temp_directory_path() /
             (std::string("descry-fold-") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".db");
    m_file = std::make_unique<DatabaseFile>(m_path);
    m_store = std::make_unique<FactStore>(m_file->database());
  }

  void TearDown() override {
    m_store.reset();
    m_file.reset();
  }

  void begin(Side side) {
    CaptureRow capture;
    capture.captureId = 1;
    capture.side = side == Side::Guest ? "guest" : "host";
    capture.path = "test";
    capture.source = "test";
    m_store->captures.push_back(capture);
    m_fold = side == Side::Guest ? makeGuestFold(*m_store, 1, "vm") : makeHostFold(*m_store, 1, "vm");
    event(0, EventKind::Context, {});  // the origin: times below are those of the database
  }

  void event(Ns ns, EventKind kind, const Values& values, std::int32_t tid = 100, std::uint8_t variant = 0) {
    Event event;
    event.ns = ns;
    event.tid = tid;
    event.kind = kind;
    event.variant = variant;
    for (const auto& [field, value] : values) event.append(field, value);
    m_batch.events.push_back(event);
  }

  void end() {
    m_fold->consume(m_batch);
    m_fold->finish();
    m_store->finish();
  }

  GuestHalfRow guestHalf(std::int64_t position, std::int64_t epoch = 0) { return half<GuestHalfRow>(position, epoch); }
  HostHalfRow hostHalf(std::int64_t position, std::int64_t epoch = 0) { return half<HostHalfRow>(position, epoch); }
  QueueEpochRow epoch(std::int64_t number = 0, QueueId queue = QueueId{1}) {
    for (const QueueEpochRow& row : m_store->epochs)
      if (row.epoch == number && row.queueId == queue) return row;
    ADD_FAILURE() << "no epoch " << number;
    return {};
  }
  Database& database() { return m_file->database(); }
  FactStore& store() { return *m_store; }

 private:
  template <typename Row>
  Row half(std::int64_t position, std::int64_t epoch) {
    for (Row& row : readAll<Row>(database()))
      if (row.position == position && row.epoch == epoch) return row;
    ADD_FAILURE() << "no half at position " << position << " of epoch " << epoch;
    return {};
  }

  std::filesystem::path m_path;
  std::unique_ptr<DatabaseFile> m_file;
  std::unique_ptr<FactStore> m_store;
  std::unique_ptr<Fold> m_fold;
  Batch m_batch;
};

}  // namespace descry
