// SPDX-License-Identifier: GPL-2.0-or-later
// Finished guest halves as the probes write them, without a kernel: records in, rows out.
#include "collector/fold/folded_guest.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>

#include "collector/probes/records.h"
#include "schemas/store/database_file.hpp"

namespace descry {
namespace {

constexpr std::uint64_t kQueue = 0x2000;

class FoldedGuestTest : public testing::Test {
 protected:
  void SetUp() override {
    m_path = std::filesystem::temp_directory_path() /
             (std::string("descry-") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".db");
    m_file = std::make_unique<DatabaseFile>(m_path);
    m_store = std::make_unique<FactStore>(m_file->database());
    CaptureRow capture;
    capture.captureId = 1;
    capture.side = "guest";
    m_store->captures.push_back(capture);
    m_fold = std::make_unique<FoldedGuest>(*m_store, 1, "vm");
    announce(kQueue, 0);
  }
  void TearDown() override {
    m_fold.reset();
    m_store.reset();
    m_file.reset();
    std::filesystem::remove(m_path);
  }

  template <typename Structure>
  void give(std::uint32_t type, std::uint64_t ns, Structure record) {
    record.header.type = type;
    record.header.ns = ns;
    std::vector<Record> records(1);
    std::memcpy(records[0].data(), &record, sizeof record);
    Event event;
    event.ns = static_cast<Ns>(ns);
    event.kind = EventKind::GuestRecord;
    event.record = 1;
    m_fold->handle(records, event, 1000);
  }
  void announce(std::uint64_t vq, std::uint32_t epoch) {
    descry_guest_queue queue{};
    queue.vq = vq;
    queue.dev = 3;
    queue.queue = 1;
    queue.num = 128;
    queue.epoch = epoch;
    queue.use_dma = 1;
    give(Descry_guest_queue, 1000, queue);
  }
  void chain(std::int64_t order, std::uint64_t entered, std::uint64_t got) {
    descry_guest_half half{};
    half.vq = kQueue;
    half.order = order;
    half.avail = 100 + order;
    half.entered = entered;
    half.added = entered + 5;
    half.got = got;
    give(Descry_guest_half, got, half);
  }
  void doorbell(std::int64_t first, std::int64_t last, std::uint64_t kick, bool needed) {
    descry_guest_doorbell record{};
    record.vq = kQueue;
    record.first = first;
    record.last = last;
    record.kick = needed ? kick : 0;
    record.returned = needed ? kick + 50 : 0;
    record.needed = needed;
    give(Descry_guest_doorbell, kick + 50, record);
  }
  std::int64_t ask(const std::string& sql) { return m_file->database().queryInteger(sql).value_or(-1); }
  void finish() {
    m_fold->finish(9000);
    m_store->finish();
  }

  std::filesystem::path m_path;
  std::unique_ptr<DatabaseFile> m_file;
  std::unique_ptr<FactStore> m_store;
  std::unique_ptr<FoldedGuest> m_fold;
};

TEST_F(FoldedGuestTest, ADoorbellCoversAllChainsOfItsRangeWhetherTheyAreBackOrNot) {
  chain(0, 2000, 2300);        // back before the doorbell call returned
  doorbell(0, 2, 2100, true);  // recorded when it returned
  chain(1, 2050, 2400);
  finish();
  EXPECT_EQ(ask("SELECT k_ns FROM guest_half WHERE position = 100"), 100);
  EXPECT_EQ(ask("SELECT k_ns FROM guest_half WHERE position = 101"), 50);
  EXPECT_EQ(ask("SELECT k_return_ns FROM guest_half WHERE position = 101"), 100);
}

TEST_F(FoldedGuestTest, ADecisionAgainstADoorbellIsNoDoorbell) {
  doorbell(0, 1, 2100, false);
  chain(0, 2000, 2300);
  finish();
  EXPECT_EQ(ask("SELECT k_ns IS NULL FROM guest_half"), 1);
  EXPECT_EQ(ask("SELECT flags & 4 FROM guest_half"), 4);  // kDoorbellSuppressed
}

TEST_F(FoldedGuestTest, AChainWithoutAnyDecisionIsWrittenAtTheEnd) {
  chain(0, 2000, 2300);
  finish();
  EXPECT_EQ(ask("SELECT count(*) FROM guest_half WHERE k_ns IS NULL AND flags = 0"), 1);
}

TEST_F(FoldedGuestTest, AQueueThatWasSetUpAgainInOtherMemoryGoesOnWithTheNextEpoch) {
  chain(0, 2000, 2300);
  descry_guest_epoch end{};
  end.vq = kQueue;
  end.adds = end.gets = 1;
  give(Descry_guest_epoch, 2500, end);
  announce(0x7000, 0);
  descry_guest_half half{};
  half.vq = 0x7000;
  half.entered = 3000;
  half.got = 3100;
  give(Descry_guest_half, 3100, half);
  finish();
  EXPECT_EQ(ask("SELECT count(*) FROM queue"), 1);
  EXPECT_EQ(ask("SELECT epoch FROM guest_half WHERE position = 100"), 0);
  EXPECT_EQ(ask("SELECT epoch FROM guest_half WHERE position = 0"), 1);
}

}  // namespace
}  // namespace descry
