// SPDX-License-Identifier: GPL-2.0-or-later
// Finished host halves as the probes write them, without a kernel: records in, rows out.
#include "collector/fold/folded_vhost.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>

#include "collector/decode/descry_records.hpp"
#include "collector/probes/records.h"
#include "schemas/store/database_file.hpp"

namespace descry {
namespace {

constexpr std::uint64_t kDevice = 0x1000, kQueue = 0x2000;

class FoldedVhostTest : public testing::Test {
 protected:
  void SetUp() override {
    m_path = std::filesystem::temp_directory_path() /
             (std::string("descry-") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".db");
    m_file = std::make_unique<DatabaseFile>(m_path);
    m_store = std::make_unique<FactStore>(m_file->database());
    CaptureRow capture;
    capture.captureId = 1;
    capture.side = "host";
    m_store->captures.push_back(capture);
    m_kvmOfVmm = std::make_unique<KvmOfVmm>(*m_store);
    m_fold = std::make_unique<FoldedVhost>(*m_store, 1, "vm", *m_kvmOfVmm);
    descry_host_queue queue{};
    queue.hdev = kDevice;
    queue.vq = kQueue;
    queue.queue = 1;
    queue.num = 256;
    queue.ring = 0xabc000;
    queue.features = std::uint64_t{1} << 33U;
    queue.fetching = 1;
    give(Descry_host_queue, 1000, queue);
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
    event.kind = EventKind::HostRecord;
    event.record = 1;
    m_fold->handle(records, event, 1000);
  }
  void miss(std::uint64_t ns, std::int64_t position, std::uint64_t iova) {
    descry_iotlb_miss record{};
    record.vq = kQueue;
    record.iova = iova;
    record.position = position;
    give(Descry_iotlb_miss, ns, record);
  }
  /// A page.
  void answer(std::uint64_t ns, std::uint64_t iova) {
    descry_iotlb_update record{};
    record.hdev = kDevice;
    record.start = iova;
    record.last = iova + 0xfff;
    give(Descry_iotlb_update, ns, record);
  }
  void usedAfterAMiss(std::int64_t position, std::uint64_t fetched, std::uint64_t used) {
    descry_host_half record = half(position, fetched, used);
    record.misses = 1;
    give(Descry_host_half, used, record);
  }
  descry_host_half half(std::int64_t position, std::uint64_t fetched, std::uint64_t used) const {
    descry_host_half record{};
    record.vq = kQueue;
    record.position = position;
    record.fetched = fetched;
    record.used = used;
    record.tried = fetched - 10;
    record.out = 1;
    record.in = -1;
    record.len = 60;
    return record;
  }
  std::int64_t ask(const std::string& sql) { return m_file->database().queryInteger(sql).value_or(-1); }
  void finish() {
    m_fold->finish(9000);
    m_store->finish();
  }

  std::filesystem::path m_path;
  std::unique_ptr<DatabaseFile> m_file;
  std::unique_ptr<FactStore> m_store;
  std::unique_ptr<KvmOfVmm> m_kvmOfVmm;
  std::unique_ptr<FoldedVhost> m_fold;
};

TEST_F(FoldedVhostTest, DescribesTheDeviceFromWhatVhostAcknowledged) {
  ASSERT_EQ(m_store->devices.size(), 1U);
  EXPECT_EQ(m_store->devices[0].accessPlatform, 1);
  EXPECT_EQ(m_store->devices[0].translation, "device iotlb");
  EXPECT_EQ(m_store->queues[0].size, 256);
  EXPECT_EQ(m_store->queues[0].ringAddress, "0xabc000");
}

TEST_F(FoldedVhostTest, OneInterruptAnnouncesAllThatWasGivenBackBefore) {
  give(Descry_host_half, 2100, half(0, 2000, 2100));
  give(Descry_host_half, 2200, half(1, 2050, 2200));
  descry_host_interrupt interrupt{};
  interrupt.vq = kQueue;
  give(Descry_host_interrupt, 2300, interrupt);
  give(Descry_host_half, 2400, half(2, 2350, 2400));
  finish();
  EXPECT_EQ(ask("SELECT s_ns FROM host_half WHERE position = 0"), 300);  // 2300 - 2000
  EXPECT_EQ(ask("SELECT s_ns FROM host_half WHERE position = 1"), 250);  // 2300 - 2050
  EXPECT_EQ(ask("SELECT s_ns IS NULL FROM host_half WHERE position = 2"), 1);
  EXPECT_EQ(ask("SELECT f_ns FROM host_half WHERE position = 0"), 1000);  // after the origin
  EXPECT_EQ(ask("SELECT in_count IS NULL FROM host_half WHERE position = 0"), 1);
}

TEST_F(FoldedVhostTest, ADoorbellOfKvmBelongsToTheQueueAndToTheChainsDoorbell) {
  descry_kvm_doorbell doorbell{};
  doorbell.vq = kQueue;
  doorbell.exited = 2000;
  doorbell.taken = 2030;
  doorbell.kick = 2050;
  doorbell.no_cpu = 7;
  doorbell.vcpu = 42;
  give(Descry_kvm_doorbell, 2110, doorbell);  // the guest runs on
  doorbell.vq = 0x9999;                       // of no queue that was announced
  give(Descry_kvm_doorbell, 2210, doorbell);
  finish();
  EXPECT_EQ(ask("SELECT count(*) FROM kvm_doorbell"), 1);
  EXPECT_EQ(ask("SELECT ns FROM kvm_doorbell"), 1050);  // after the origin, 1000
  EXPECT_EQ(ask("SELECT ns - exit_ns FROM kvm_doorbell"), 50);
  EXPECT_EQ(ask("SELECT ns - taken_ns FROM kvm_doorbell"), 20);
  EXPECT_EQ(ask("SELECT entered_ns - exit_ns FROM kvm_doorbell"), 110);
  EXPECT_EQ(ask("SELECT runnable_ns FROM kvm_doorbell"), 7);
  EXPECT_EQ(ask("SELECT vcpu_tid FROM kvm_doorbell"), 42);
}

TEST_F(FoldedVhostTest, StatesOfAnInterruptThatDoNotAddUpAreUnknown) {
  descry_kvm_interrupt interrupt{};
  interrupt.vq = kQueue;
  interrupt.signal = 2000;
  interrupt.accepted = 2010;
  interrupt.injected = 2100;
  interrupt.guest = 40;
  interrupt.no_cpu = 30;
  interrupt.halted = 20;
  interrupt.vcpu = 42;
  interrupt.vector = 35;
  give(Descry_kvm_interrupt, 2120, interrupt);
  interrupt.signal = 3000;
  interrupt.accepted = 3010;
  interrupt.injected = 3101;  // 91 after it was accepted: the states say 90
  give(Descry_kvm_interrupt, 3120, interrupt);
  finish();
  EXPECT_EQ(ask("SELECT count(*) FROM kvm_interrupt"), 2);
  EXPECT_EQ(ask("SELECT guest_ns + runnable_ns + halted_ns + kernel_ns + vmm_ns + polling_ns FROM kvm_interrupt"
                " WHERE ns = 1000"),
            90);
  EXPECT_EQ(ask("SELECT entered_ns - ns FROM kvm_interrupt WHERE ns = 1000"), 120);
  EXPECT_EQ(ask("SELECT guest_ns IS NULL AND halted_ns IS NULL FROM kvm_interrupt WHERE ns = 2000"), 1);
}

TEST_F(FoldedVhostTest, TheWorkerOfADeviceIsTheThreadWhoseSchedulingWasRecorded) {
  descry_kvm_worker worker{};
  worker.hdev = kDevice;
  worker.tid = 77;
  worker.woken = 1900;
  worker.on = 2000;
  give(Descry_kvm_worker, 2500, worker);
  worker.woken = 0;
  worker.on = 2600;
  give(Descry_kvm_worker, 2700, worker);
  descry_host_epoch epoch{};
  epoch.vq = kQueue;
  epoch.last = 1;
  give(Descry_host_epoch, 3000, epoch);
  finish();
  EXPECT_EQ(ask("SELECT worker_tid FROM queue_epoch"), 77);
  EXPECT_EQ(ask("SELECT count(*) FROM thread_state WHERE tid = 77"), 2);
  EXPECT_EQ(ask("SELECT on_ns - woken_ns FROM thread_state WHERE on_ns = 1000"), 100);
  EXPECT_EQ(ask("SELECT woken_ns IS NULL FROM thread_state WHERE on_ns = 1600"), 1);
}

TEST_F(FoldedVhostTest, ADeviceThatIsOpenedWhereAnotherLayIsAnotherOne) {
  give(Descry_host_half, 2100, half(0, 2000, 2100));
  descry_host_epoch epoch{};
  epoch.vq = kQueue;
  give(Descry_host_epoch, 3000, epoch);
  descry_host_queue queue{};
  queue.hdev = kDevice;
  queue.owner = 41;
  queue.fetching = DESCRY_QUEUE_OPENED;
  for (const std::uint64_t address : {kQueue, kQueue + 0x1000}) {  // the second was not seen before
    queue.vq = address;
    give(Descry_host_queue, 3000, queue);
  }
  descry_host_half late = half(1, 2500, 0);  // was still with the backend
  give(Descry_host_half, 4000, late);
  descry_host_half next = half(0, 5000, 5100);
  next.epoch = 1;
  give(Descry_host_half, 5100, next);
  epoch.epoch = 1;
  epoch.last = 1;
  give(Descry_host_epoch, 6000, epoch);
  finish();
  EXPECT_EQ(ask("SELECT count(*) FROM device"), 2);
  EXPECT_EQ(ask("SELECT vmm_pid FROM device WHERE device_id = 2"), 41);
  EXPECT_EQ(ask("SELECT count(*) FROM queue WHERE device_id = 1"), 1);
  EXPECT_EQ(ask("SELECT count(*) FROM queue WHERE device_id = 2"), 2);
  EXPECT_EQ(ask("SELECT count(*) FROM host_half WHERE queue_id = 1"), 2);
  EXPECT_EQ(ask("SELECT f_ns FROM host_half WHERE queue_id = 2"), 4000);  // after the origin, 1000
  EXPECT_EQ(ask("SELECT count(*) FROM queue_epoch WHERE queue_id = 1"), 1);
  EXPECT_EQ(ask("SELECT max(epoch) FROM host_half"), 0) << "each counts its own epochs";
}

TEST_F(FoldedVhostTest, EachQueueKeepsItsWorker) {
  descry_host_queue queue{};
  queue.hdev = kDevice;
  queue.fetching = 1;
  for (const std::uint32_t worker : {81U, 82U}) {
    queue.vq = kQueue + worker * 0x1000;
    queue.worker = worker;
    give(Descry_host_queue, 1000, queue);
  }
  finish();
  EXPECT_EQ(ask("SELECT worker_tid FROM queue_epoch WHERE queue_id = 2"), 81);
  EXPECT_EQ(ask("SELECT worker_tid FROM queue_epoch WHERE queue_id = 3"), 82);
}

TEST_F(FoldedVhostTest, AVirtualCpuThatIsToldTwiceCountsOnce) {
  descry_kvm_vcpu vcpu{};
  vcpu.begin = 1500;
  vcpu.guest = 100;
  vcpu.halted = 200;
  vcpu.vcpu = 42;
  vcpu.owner = 40;
  vcpu.doorbells = 4;
  vcpu.doorbell_away = 1000;
  give(Descry_kvm_vcpu, 3000, vcpu);
  give(Descry_kvm_vcpu, 3000, vcpu);
  finish();
  EXPECT_EQ(ask("SELECT count(*) FROM kvm_vcpu WHERE tid = 42 AND vmm_pid = 40"), 1);
  EXPECT_EQ(ask("SELECT doorbell_away_ns FROM kvm_vcpu_view"), 250);
}

TEST_F(FoldedVhostTest, AMissGoesFromRaisedToRetried) {
  miss(2000, 4, 0x5000);
  descry_iotlb_read read{};
  read.hdev = kDevice;
  give(Descry_iotlb_read, 2100, read);
  answer(2500, 0x5000);
  usedAfterAMiss(4, 2600, 2700);
  finish();
  EXPECT_EQ(ask("SELECT read_ns - raised_ns FROM iotlb_miss"), 100);
  EXPECT_EQ(ask("SELECT updated_ns - raised_ns FROM iotlb_miss"), 500);
  EXPECT_EQ(ask("SELECT retried_ns - raised_ns FROM iotlb_miss"), 600);
  EXPECT_EQ(ask("SELECT granted_bytes FROM iotlb_miss"), 4096);
}

/// The record of a chain comes when it is used, and other chains miss before that.
TEST_F(FoldedVhostTest, AMissIsRetriedWhenItsChainIsFetchedWhateverMissesAfterIt) {
  miss(2000, 4, 0x4000);
  answer(2050, 0x4000);
  miss(2300, 5, 0x5000);
  answer(2350, 0x5000);
  usedAfterAMiss(4, 2100, 2500);
  usedAfterAMiss(5, 2400, 2500);
  finish();
  EXPECT_EQ(ask("SELECT min(retried_ns - raised_ns) FROM iotlb_miss"), 100);
  EXPECT_EQ(ask("SELECT max(retried_ns - raised_ns) FROM iotlb_miss"), 100);
}

/// Those of the ring's own pages have a record of their own.
TEST_F(FoldedVhostTest, TheQueueComesPastTheMissesOfItsOwnPages) {
  miss(2000, -1, 0x5000);
  descry_iotlb_past past{};
  past.vq = kQueue;
  past.position = -1;
  give(Descry_iotlb_past, 2600, past);
  finish();
  EXPECT_EQ(ask("SELECT retried_ns - raised_ns FROM iotlb_miss"), 600);
}

TEST_F(FoldedVhostTest, WithoutTheCountersOfTheEndWhatWasSeenIsCounted) {
  give(Descry_host_half, 2100, half(7, 2000, 2100));
  give(Descry_host_half, 2200, half(8, 2050, 2200));
  finish();
  EXPECT_EQ(ask("SELECT used FROM queue_epoch"), 2);
  EXPECT_EQ(ask("SELECT first_position FROM queue_epoch"), 7);
  EXPECT_EQ(ask("SELECT last_position FROM queue_epoch"), 8);
}

TEST_F(FoldedVhostTest, RecordsOfUnknownQueuesAreLeftOut) {
  descry_host_half lost = half(0, 2000, 2100);
  lost.vq = 0x9999;
  give(Descry_host_half, 2100, lost);
  finish();
  EXPECT_EQ(ask("SELECT count(*) FROM host_half"), 0);
}

TEST(DescryRecords, ALossRecordBecomesALossRange) {
  const RecordShape* shape = findRecord("capture_loss");
  ASSERT_NE(shape, nullptr);
  Batch batch;
  batch.records.emplace_back().fill(0);
  for (const RecordField& field : shape->fields) {
    if (field.name == "ns") setField(batch.records[0], field, 500);
    if (field.name == "begin") setField(batch.records[0], field, 300);
    if (field.name == "count") setField(batch.records[0], field, 17);
  }
  acceptRecord(*shape, batch);
  ASSERT_EQ(batch.losses.size(), 1U);
  EXPECT_EQ(batch.losses[0].begin, 300);
  EXPECT_EQ(batch.losses[0].end, 500);
  EXPECT_EQ(batch.losses[0].count, 17);
  EXPECT_EQ(batch.losses[0].reason, "discarded");
}

TEST(DescryRecords, AHitIsNoRecord) {
  EXPECT_EQ(findRecord("get_desc"), nullptr);
  EXPECT_EQ(findRecord("host_half_of_another_version"), nullptr);
}

}  // namespace
}  // namespace descry
