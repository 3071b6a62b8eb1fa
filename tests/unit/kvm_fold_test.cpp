// SPDX-License-Identifier: GPL-2.0-or-later
// KVM's tracepoints and those of vhost to doorbells and interrupts. Times are reasoned out in the comments.
#include "tests/unit/fold_fixture.hpp"

namespace descry {
namespace {

constexpr std::int32_t kVcpu = 50, kWorker = 9;
constexpr std::uint64_t kHost = 0x1000, kRx = 0x2000, kTx = 0x3000, kCall = 0x77, kVector = 33;

class KvmFoldTest : public FoldFixture {
 protected:
  void SetUp() override {
    FoldFixture::SetUp();
    begin(Side::Host);
    // A ring that is set up, and a used entry that says which eventfd interrupts for it.
    event(1, EventKind::VhostFetch,
          {{Field::Vq, kTx}, {Field::Avail, 0}, {Field::HostDevice, kHost}, {Field::Vq0, kRx}, {Field::Vq1, kTx}},
          kWorker);
    event(2, EventKind::VhostFetchReturn, {{Field::Vq, kTx}, {Field::Result, 0}}, kWorker);
    event(3, EventKind::VhostUsed,
          {{Field::Vq, kTx}, {Field::Used, 0}, {Field::Count, 1}, {Field::Head, 0}, {Field::Call, kCall}}, kWorker);
    kvm(10, EventKind::KvmEntry, {{Field::Value, 0}});
  }
  void kvm(Ns ns, EventKind kind, const Values& values, std::int32_t tid = kVcpu) { event(ns, kind, values, tid); }
  void switched(Ns ns, std::int32_t previous, std::int32_t next) {
    event(ns, EventKind::SchedSwitch,
          {{Field::Previous, static_cast<std::uint64_t>(previous)}, {Field::Next, static_cast<std::uint64_t>(next)}},
          previous);
  }
  void interrupt(Ns signal, Ns accepted) {
    event(signal, EventKind::VhostEventfd, {{Field::Pointer, kCall}}, kWorker);
    kvm(accepted, EventKind::KvmAccept, {{Field::Count, 0}, {Field::Value, kVector}}, kWorker);
  }
  template <typename Row>
  std::vector<Row> rows() {
    return readAll<Row>(database());
  }
};

TEST_F(KvmFoldTest, AnInterruptWaitsForAGuestThenForACpu) {
  interrupt(200, 210);                                        // in the guest
  kvm(240, EventKind::KvmExit, {});                           // 30 in the guest
  switched(250, kVcpu, 7);                                    // 10 in KVM
  switched(280, 7, kVcpu);                                    // 30 put off its CPU
  kvm(300, EventKind::KvmInject, {{Field::Value, kVector}});  // 20 in KVM
  kvm(310, EventKind::KvmEntry, {{Field::Value, 0}});
  end();
  const auto all = rows<KvmInterruptRow>();
  ASSERT_EQ(all.size(), 1U);
  const KvmInterruptRow& row = all[0];
  EXPECT_EQ(row.ns, 200);
  EXPECT_EQ(row.accepted, 210);
  EXPECT_EQ(row.injected, 300);
  EXPECT_EQ(row.entered, 310);
  EXPECT_EQ(row.guest, 30);
  EXPECT_EQ(row.kernel, 30);
  EXPECT_EQ(row.runnable, 30);
  EXPECT_EQ(row.halted + row.polling + row.vmm, 0);
}

TEST_F(KvmFoldTest, AHaltPollsThenSleepsThenWaitsForACpu) {
  kvm(400, EventKind::KvmExit, {});
  switched(450, kVcpu, 0);  // polled from 405
  interrupt(500, 505);
  event(510, EventKind::SchedWakeup, {{Field::Next, kVcpu}}, kWorker);         // 5 asleep
  switched(520, 0, kVcpu);                                                     // 10 without a CPU
  kvm(525, EventKind::KvmWakeup, {{Field::Length, 120}, {Field::Result, 1}});  // the halt began at 405
  kvm(530, EventKind::KvmInject, {{Field::Value, kVector}});
  kvm(535, EventKind::KvmEntry, {{Field::Value, 0}});
  end();
  const auto all = rows<KvmInterruptRow>();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].halted, 5);
  EXPECT_EQ(all[0].runnable, 10);
  EXPECT_EQ(all[0].polling, 5);  // on its CPU, and not yet back from the halt
  EXPECT_EQ(all[0].kernel, 5);
  const auto vcpus = rows<KvmVcpuRow>();
  ASSERT_EQ(vcpus.size(), 1U);
  const KvmVcpuRow& vcpu = vcpus[0];
  EXPECT_EQ(vcpu.tid, kVcpu);
  EXPECT_EQ(vcpu.halts, 1);
  EXPECT_EQ(vcpu.polled, 0);
  EXPECT_EQ(vcpu.polling, 50);  // 405..450 and 520..525
  EXPECT_EQ(vcpu.halted, 60);   // 450..510
  EXPECT_EQ(vcpu.runnable, 10);
  EXPECT_EQ(vcpu.kernel, 15);  // 400..405 and 525..535
  EXPECT_EQ(vcpu.guest, 390);  // 10..400; nothing comes after 535
}

TEST_F(KvmFoldTest, ADoorbellIsAwayFromExitToEntry) {
  kvm(100, EventKind::KvmExit, {});
  event(130, EventKind::VhostKick, {{Field::Pointer, kTx + 0xe0}, {Field::HostDevice, kHost}}, kVcpu);
  kvm(160, EventKind::KvmEntry, {{Field::Value, 0}});
  kvm(200, EventKind::KvmExit, {});  // of another reason
  kvm(210, EventKind::KvmEntry, {{Field::Value, 0}});
  end();
  const auto all = rows<KvmDoorbellRow>();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].ns, 130);
  EXPECT_EQ(all[0].exit, 100);
  EXPECT_EQ(all[0].entered, 160);
  EXPECT_EQ(all[0].vcpuTid, kVcpu);
  EXPECT_EQ(rows<KvmVcpuRow>()[0].doorbellsAway, 60);
}

TEST_F(KvmFoldTest, ACallOfTheQueueByTheVmmIsNoDoorbell) {
  kvm(100, EventKind::KvmExit, {});
  kvm(110, EventKind::KvmVmmExit, {});
  event(130, EventKind::VhostKick, {{Field::Pointer, kTx + 0xe0}, {Field::HostDevice, kHost}}, kVcpu);
  kvm(160, EventKind::KvmEntry, {{Field::Value, 0}});
  end();
  EXPECT_TRUE(rows<KvmDoorbellRow>().empty());
  EXPECT_EQ(rows<KvmVcpuRow>()[0].vmmExits, 1);
}

TEST_F(KvmFoldTest, OfTwoVirtualCpusWithOneNumberNoneGetsTheInterrupt) {
  kvm(20, EventKind::KvmEntry, {{Field::Value, 0}}, 51);  // of another guest
  interrupt(200, 210);
  kvm(300, EventKind::KvmInject, {{Field::Value, kVector}});
  kvm(310, EventKind::KvmEntry, {{Field::Value, 0}});
  end();
  EXPECT_TRUE(rows<KvmInterruptRow>().empty());
}

TEST_F(KvmFoldTest, ASignalThatIsNotAcceptedBelongsToNoLaterAcceptance) {
  event(200, EventKind::VhostEventfd, {{Field::Pointer, kCall}}, kWorker);
  kvm(50'000'000, EventKind::KvmAccept, {{Field::Count, 0}, {Field::Value, kVector}}, kWorker);
  kvm(50'000'100, EventKind::KvmInject, {{Field::Value, kVector}});
  kvm(50'000'200, EventKind::KvmEntry, {{Field::Value, 0}});
  end();
  EXPECT_TRUE(rows<KvmInterruptRow>().empty());
}

TEST_F(KvmFoldTest, ASecondSignalForAVectorThatStillWaitsIsMerged) {
  interrupt(200, 210);
  interrupt(220, 230);
  kvm(240, EventKind::KvmExit, {});
  kvm(300, EventKind::KvmInject, {{Field::Value, kVector}});
  kvm(310, EventKind::KvmEntry, {{Field::Value, 0}});
  end();
  const auto all = rows<KvmInterruptRow>();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].ns, 200);
  EXPECT_EQ(all[0].merged, 1);
}

TEST_F(KvmFoldTest, ASignalBetweenTheInjectionAndTheEntryIsTheNextInterrupt) {
  kvm(190, EventKind::KvmExit, {});
  interrupt(200, 210);
  kvm(300, EventKind::KvmInject, {{Field::Value, kVector}});
  interrupt(302, 305);
  kvm(310, EventKind::KvmEntry, {{Field::Value, 0}});
  kvm(320, EventKind::KvmExit, {});
  kvm(330, EventKind::KvmInject, {{Field::Value, kVector}});
  kvm(340, EventKind::KvmEntry, {{Field::Value, 0}});
  end();
  const auto all = rows<KvmInterruptRow>();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].entered, 310);
  EXPECT_EQ(all[1].ns, 302);
  EXPECT_EQ(all[1].guest, 10);
  EXPECT_EQ(all[1].kernel, 15);
}

}  // namespace
}  // namespace descry
