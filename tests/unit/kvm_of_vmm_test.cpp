// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/kvm_of_vmm.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "schemas/store/database_file.hpp"

namespace descry {
namespace {

constexpr std::int32_t kVcpu = 11, kLoop = 12;
constexpr QueueId kFirst{1}, kSecond{2};

class KvmOfVmmTest : public testing::Test {
 protected:
  void SetUp() override {
    m_path = std::filesystem::temp_directory_path() /
             (std::string("descry-kvm-") + testing::UnitTest::GetInstance()->current_test_info()->name() + ".db");
    m_file = std::make_unique<DatabaseFile>(m_path);
    m_store = std::make_unique<FactStore>(m_file->database());
    m_kvm = std::make_unique<KvmOfVmm>(*m_store);
  }
  void TearDown() override {
    m_kvm.reset();
    m_store.reset();
    m_file.reset();
    std::filesystem::remove(m_path);
  }
  void doorbell(Ns exit, Ns called, Ns entered) {
    KvmDoorbellRow row;
    row.vcpuTid = kVcpu;
    row.exit = exit;
    row.ns = row.taken = called;
    row.entered = entered;
    m_kvm->take(row);
  }
  void interrupt(Ns called, std::int64_t vector) {
    KvmInterruptRow row;
    row.vcpuTid = kVcpu;
    row.vector = vector;
    row.ns = called;
    row.accepted = called + 1;
    row.injected = row.entered = called + 2;
    m_kvm->take(row, kLoop);
  }
  std::vector<KvmDoorbellRow> doorbells() {
    m_kvm->finish();
    m_store->finish();
    return readAll<KvmDoorbellRow>(m_file->database());
  }
  std::vector<KvmInterruptRow> interrupts() {
    m_kvm->finish();
    m_store->finish();
    return readAll<KvmInterruptRow>(m_file->database());
  }

  std::filesystem::path m_path;
  std::unique_ptr<DatabaseFile> m_file;
  std::unique_ptr<FactStore> m_store;
  std::unique_ptr<KvmOfVmm> m_kvm;
};

TEST_F(KvmOfVmmTest, ADoorbellIsTheOneThatItsThreadRangOutsideOfTheGuest) {
  m_kvm->rang(kFirst, kVcpu, 150);
  m_kvm->rang(kSecond, kVcpu, 250);
  doorbell(200, 251, 260);  // the probes of the VMM and of KVM are not hit at once
  doorbell(100, 149, 160);
  const auto rows = doorbells();
  ASSERT_EQ(rows.size(), 1U) << "one that comes after a later one has none left";
  EXPECT_EQ(rows[0].queueId, kSecond);
  EXPECT_EQ(rows[0].ns, 250) << "the time is that of the half's doorbell";
  EXPECT_EQ(rows[0].taken, 250);
}

TEST_F(KvmOfVmmTest, ItMayBeReadBeforeWhatTheVmmSaw) {
  doorbell(100, 149, 160);
  doorbell(200, 249, 260);
  m_kvm->settle(155);
  m_kvm->rang(kFirst, kVcpu, 150);
  m_kvm->rang(kSecond, kVcpu, 250);
  const auto rows = doorbells();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].queueId, kFirst);
  EXPECT_EQ(rows[1].queueId, kSecond);
}

TEST_F(KvmOfVmmTest, ADoorbellOfAQueueThatComesIntoSightLaterIsNotForgotten) {
  doorbell(100, 149, 160);
  m_kvm->settle(10'000);
  m_kvm->rang(kFirst, kVcpu, 150);
  const auto rows = doorbells();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].queueId, kFirst);
}

TEST_F(KvmOfVmmTest, ADoorbellOfAnotherThreadOrDeviceHasNoQueue) {
  m_kvm->rang(kFirst, kLoop, 150);
  m_kvm->rang(kFirst, kVcpu, 170);
  doorbell(100, 149, 160);
  EXPECT_TRUE(doorbells().empty());
}

TEST_F(KvmOfVmmTest, AnInterruptIsTheLastThatItsThreadDecidedOn) {
  m_kvm->signalled(kFirst, kLoop, 100);  // masked: KVM never had it
  m_kvm->signalled(kSecond, kLoop, 200);
  m_kvm->signalled(kFirst, kLoop, 300);
  interrupt(220, 34);
  interrupt(305, 33);
  const auto rows = interrupts();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].queueId, kFirst);
  EXPECT_EQ(rows[0].ns, 300);
  EXPECT_EQ(rows[0].vector, 33);
  EXPECT_EQ(rows[1].queueId, kSecond);
  EXPECT_EQ(rows[1].ns, 200);
}

TEST_F(KvmOfVmmTest, AnInterruptMayBeInjectedBeforeAnEarlierOne) {
  m_kvm->signalled(kFirst, kLoop, 100);
  m_kvm->signalled(kSecond, kLoop, 200);
  interrupt(205, 34);
  interrupt(105, 33);
  const auto rows = interrupts();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].queueId, kFirst);
  EXPECT_EQ(rows[0].vector, 33);
  EXPECT_EQ(rows[1].queueId, kSecond);
  EXPECT_EQ(rows[1].vector, 34);
}

TEST_F(KvmOfVmmTest, AnInterruptWaitsUntilWhatCameBeforeItIsThere) {
  m_kvm->signalled(kFirst, kLoop, 100);
  interrupt(220, 34);
  m_kvm->settle(210);
  m_kvm->signalled(kSecond, kLoop, 210);
  m_kvm->settle(230);
  const auto rows = interrupts();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].queueId, kSecond);
}

TEST_F(KvmOfVmmTest, ACallOfKvmLongAfterIsAnotherDevices) {
  m_kvm->signalled(kFirst, kLoop, 100);
  interrupt(200'000'000, 34);
  EXPECT_TRUE(interrupts().empty());
}

}  // namespace
}  // namespace descry
