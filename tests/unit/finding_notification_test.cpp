// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding_case.hpp"

namespace descry {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST_F(Findings, ADoorbellPerRequestIsNoNewsWhereOneFollowsTheOther) {
  sql("UPDATE queue_epoch SET adds = 40, doorbell_decisions = 40, doorbells_needed = 40 WHERE queue_id = 1");
  inFlight(8);
  ASSERT_THAT(found(), Contains("info doorbell-per-request"));
  // 1 + 2 + ... + 7 and 33 times 8, over 40 adds.
  EXPECT_THAT(text("title", "doorbell-per-request"), HasSubstr("(40 for 40), with 7.3 in flight"));
  EXPECT_THAT(text("why", "doorbell-per-request"), HasSubstr("was not recorded"));
  inFlight(2);
  EXPECT_THAT(found(), Not(Contains(HasSubstr("doorbell-per-request"))));
  inFlight(8);
  sql("UPDATE queue_epoch SET doorbells_rung = 35 WHERE queue_id = 1");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("doorbell-per-request"))));
}

TEST_F(Findings, SuppressionIsOffOrDoesNotHelp) {
  sql("UPDATE queue_epoch SET adds = 40, gets = 40, interrupts = 40 WHERE queue_id = 1");
  inFlight(8);
  sql("UPDATE queue SET event_idx = 1");
  const auto on = found();
  EXPECT_THAT(on, Contains("info doorbell-per-request"));
  EXPECT_THAT(on, Contains("info interrupt-per-request"));
  EXPECT_THAT(text("why", "doorbell-per-request"), HasSubstr("is on but does not help"));
  EXPECT_THAT(text("change", "doorbell-per-request"), Not(HasSubstr("event_idx=on")));
  sql("UPDATE queue SET event_idx = 0");
  const auto off = found();
  EXPECT_THAT(off, Contains("warning doorbell-per-request"));
  EXPECT_THAT(off, Contains("warning interrupt-per-request"));
  EXPECT_THAT(text("change", "doorbell-per-request"), HasSubstr("virtio-net-pci,event_idx=on"));
  EXPECT_THAT(text("change", "interrupt-per-request"), HasSubstr("virtio-net-pci,event_idx=on"));
  takes("notification", 700'000);
  EXPECT_THAT(found(), Contains("info doorbell-per-request"));
  takes("notification", 300'000);
  EXPECT_THAT(found(), Not(Contains(HasSubstr("-per-request"))));
}

TEST_F(Findings, AnInterruptPerRequestIsSilentWithoutConcurrencyOrWithBatches) {
  sql("UPDATE queue_epoch SET gets = 40, interrupts = 40 WHERE queue_id = 1");
  inFlight(8);
  ASSERT_THAT(found(), Contains("info interrupt-per-request"));
  sql("UPDATE queue_epoch SET interrupts = 35 WHERE queue_id = 1");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("interrupt-per-request"))));
  sql("UPDATE queue_epoch SET interrupts = 40 WHERE queue_id = 1");
  inFlight(2);
  EXPECT_THAT(found(), Not(Contains(HasSubstr("interrupt-per-request"))));
}

TEST_F(Findings, ASlowWakeupNeedsTheDoorbellAndTheVisit) {
  takes("latency", 40'000'000);
  hostHalves(300'000);
  ASSERT_THAT(found(), Contains("warning slow-wakeup"));
  EXPECT_THAT(text("title", "slow-wakeup"), HasSubstr("300 us after the doorbell"));
  EXPECT_THAT(text("why", "slow-wakeup"), HasSubstr("30.0 % of the latency"));  // 12 of 40 ms
  EXPECT_THAT(text("why", "slow-wakeup"), HasSubstr("scheduler was not recorded"));
  EXPECT_THAT(text("change", "slow-wakeup"), HasSubstr("vhost=on"));  // a network device has no iothread
  sql("UPDATE device SET vhost = 1");
  EXPECT_THAT((found(), text("change", "slow-wakeup")), HasSubstr("poll-us=50"));
  sql("UPDATE host_half SET flags = 0 WHERE position >= 19");  // 19 doorbells, the last for many chains
  EXPECT_THAT(found(), Not(Contains(HasSubstr("slow-wakeup"))));
  sql("UPDATE host_half SET k_ns = -121000, flags = 32");
  EXPECT_THAT(found(), Contains("info slow-wakeup"));
  sql("UPDATE host_half SET k_ns = -51000");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("slow-wakeup"))));
  sql("UPDATE host_half SET k_ns = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("slow-wakeup"))));
}

TEST_F(Findings, LimitsInNanosecondsAreNotHeldAgainstTicks) {
  takes("latency", 40'000'000);
  hostHalves(300'000);
  sql("INSERT INTO anomaly VALUES (2, 2, NULL, 'clock-not-ns', 'error', 1, 0, 0, 'd')");  // on the host
  EXPECT_THAT(found(), testing::AllOf(Not(Contains(HasSubstr("slow-wakeup"))), Contains(HasSubstr("capture-health"))));
  EXPECT_THAT(lacking("the clock counts ticks, not nanoseconds"),
              testing::IsSupersetOf({"slow-wakeup", "stuck-chains"}));
}

TEST_F(Findings, ASlowWakeupIsPutDownToTheSchedulerOnlyByItsRecord) {
  takes("latency", 40'000'000);
  hostHalves(300'000);
  sql("UPDATE device SET vhost = 1");
  sql("INSERT INTO phase_total VALUES (1, 'wakeup', 133, 40, 12000000, 0, 0, 0, 12000000, 0, 0, 300000, 300000, 300000, "
      "1)");
  // 250 of 300 us without a CPU, in each chain.
  sql("INSERT INTO wakeup_total VALUES (1, 40, 1200000, 10000000, 800000)");
  EXPECT_THAT((found(), text("why", "slow-wakeup")), HasSubstr("runnable without a CPU for 83.3 % of it"));
  EXPECT_THAT(text("why", "slow-wakeup"), HasSubstr("other threads ran there"));
  EXPECT_THAT(text("action", "slow-wakeup"), HasSubstr("taskset"));
  sql("UPDATE wakeup_total SET asleep_ns = 10000000, runnable_ns = 1200000");
  EXPECT_THAT((found(), text("why", "slow-wakeup")), HasSubstr("waking it up takes long"));
  EXPECT_THAT(text("action", "slow-wakeup"), HasSubstr("poll-us"));
  sql("UPDATE wakeup_total SET asleep_ns = 800000, running_ns = 10000000");
  EXPECT_THAT((found(), text("why", "slow-wakeup")), HasSubstr("busy with something else"));
  EXPECT_THAT(text("action", "slow-wakeup"), HasSubstr("queues=N"));
  sql("UPDATE wakeup_total SET chains = 19");
  EXPECT_THAT((found(), text("why", "slow-wakeup")), HasSubstr("not recorded for this thread"));
}

TEST_F(Findings, TheNotificationPartsOfAQueueAddUp) {
  sql("INSERT INTO phase_total VALUES (1, 'exit', 100, 40, 500000, 0, 0, 0, 500000, 0, 0, 9, 9, 9, 1),"
      " (1, 'wakeup', 133, 40, 1200000, 0, 0, 0, 1200000, 0, 0, 9, 9, 9, 1),"
      " (1, 'inject', 331, 40, 800000, 0, 0, 0, 800000, 0, 0, 9, 9, 9, 1),"
      " (1, 'wait', 166, 40, 1500000, 0, 0, 1500000, 0, 0, 0, 9, 9, 9, 1)");
  sql("INSERT INTO wakeup_total VALUES (1, 30, 100000, 600000, 200000)");
  std::vector<std::string> parts;
  auto rows =
      m_database->prepare("SELECT part || ' ' || chains || ' ' || total_ns FROM notification_view ORDER BY rank");
  while (rows.step()) parts.emplace_back(rows.text(0));
  EXPECT_THAT(parts,
              testing::ElementsAre("exit 40 500000", "wakeup 10 300000", "wakeup: asleep 30 100000",
                                   "wakeup: runnable 30 600000", "wakeup: running 30 200000", "inject 40 800000"));
  EXPECT_EQ(m_database->queryInteger("SELECT sum(total_ns) FROM notification_view"), 2'500'000);
}

TEST_F(Findings, PartsThatKvmTellsApartAddUpWithTheRest) {
  sql("INSERT INTO phase_total VALUES (1, 'exit', 100, 40, 500000, 0, 0, 0, 500000, 0, 0, 9, 9, 9, 1),"
      " (1, 'inject', 331, 40, 2000000, 0, 0, 0, 2000000, 0, 0, 9, 9, 9, 1)");
  sql("INSERT INTO kvm_part_total VALUES (1, 'exit: to KVM', 'exit', 1, 30, 100000),"
      " (1, 'exit: in KVM', 'exit', 2, 30, 250000), (1, 'exit: no CPU', 'exit', 3, 30, 0),"
      " (1, 'inject: delivery', 'inject', 4, 40, 200000), (1, 'inject: no CPU', 'inject', 7, 40, 1800000)");
  std::vector<std::string> parts;
  auto rows =
      m_database->prepare("SELECT part || ' ' || chains || ' ' || total_ns FROM notification_view ORDER BY rank");
  while (rows.step()) parts.emplace_back(rows.text(0));
  EXPECT_THAT(parts, testing::ElementsAre("exit 10 150000", "exit: to KVM 30 100000", "exit: in KVM 30 250000",
                                          "inject: delivery 40 200000", "inject: no CPU 40 1800000"));
  EXPECT_EQ(m_database->queryInteger("SELECT sum(total_ns) FROM notification_view"), 2'500'000);
}

TEST_F(Findings, ASlowInterruptIsPutDownToWhatTheVirtualCpuDid) {
  hostHalves();
  sql("UPDATE host_half SET s_ns = 6000");
  sql("UPDATE guest_half SET i_ns = 2056000");
  sql("INSERT INTO phase_total VALUES (1, 'inject', 331, 40, 2000000, 0, 0, 0, 2000000, 0, 0, 9, 9, 9, 1)");
  ASSERT_THAT(found(), Contains("warning slow-interrupt"));
  EXPECT_THAT(text("why", "slow-interrupt"), HasSubstr("was not running or had interrupts off"));
  EXPECT_THAT(text("change", "slow-interrupt"), HasSubstr("cpu-pm=on"));
  sql("INSERT INTO kvm_part_total VALUES (1, 'inject: delivery', 'inject', 4, 40, 200000),"
      " (1, 'inject: not interruptible', 'inject', 10, 40, 1800000)");
  EXPECT_THAT((found(), text("why", "slow-interrupt")), HasSubstr("could not be interrupted for 90.0 % of it"));
  EXPECT_THAT(text("change", "slow-interrupt"), HasSubstr("irqsoff"));
  EXPECT_THAT(text("action", "slow-interrupt"), HasSubstr("smp_affinity"));
  sql("UPDATE kvm_part_total SET part = 'inject: no CPU' WHERE total_ns = 1800000");
  EXPECT_THAT((found(), text("why", "slow-interrupt")), HasSubstr("other threads ran there"));
  sql("UPDATE kvm_part_total SET part = 'inject: halted' WHERE total_ns = 1800000");
  EXPECT_THAT((found(), text("change", "slow-interrupt")), HasSubstr("haltpoll"));
  sql("UPDATE kvm_part_total SET chains = 19");
  EXPECT_THAT((found(), text("why", "slow-interrupt")), HasSubstr("was not running or had interrupts off"));
}

TEST_F(Findings, ASlowDoorbellCountsOnlyBeyondTheErrorOfTheClocks) {
  sql("INSERT INTO phase_total VALUES (1, 'exit', 100, 40, 2000000, 0, 0, 0, 2000000, 0, 0, 300000, 300000, 300000, 1)");
  ASSERT_THAT(found(), Contains("info slow-doorbell"));
  EXPECT_THAT(text("why", "slow-doorbell"), HasSubstr("50.0 % of the latency"));  // 2 of 4 ms
  EXPECT_THAT(text("action", "slow-doorbell"), HasSubstr("ioeventfd=on"));
  sql("UPDATE phase_total SET p50_ns = 1200000");
  EXPECT_THAT(found(), Contains("warning slow-doorbell"));
  sql("INSERT INTO fact VALUES ('vm', 'machine', 'kvm', 'ps.txt', 'off')");
  EXPECT_THAT(found(), Contains("info slow-doorbell"));
  EXPECT_THAT(text("why", "slow-doorbell"), HasSubstr("without KVM (TCG)"));
  sql("UPDATE clock_segment SET error_ns = 1150000");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("slow-doorbell"))));
  sql("UPDATE clock_segment SET error_ns = 0; UPDATE phase_total SET notification_ns = 390000");  // 9.8 %
  EXPECT_THAT(found(), Not(Contains(HasSubstr("slow-doorbell"))));
}

TEST_F(Findings, LateReapingIsTheGuestsOwnAndExpectedWhereItIsEmulated) {
  // reap+finish is 32 * 11 + 13, signal to finish 32 * 9 + 13; 30 and 10 chains that take 2.2 of 4 ms.
  sql("INSERT INTO phase_total VALUES (1, 'reap+finish', 365, 30, 1000000, 0, 0, 1000000, 0, 0, 0, 9, 9, 9, 1),"
      " (1, 'signal to finish', 301, 10, 1200000, 0, 0, 1200000, 0, 0, 0, 9, 9, 9, 1),"
      " (1, 'wait', 166, 40, 1700000, 0, 0, 1700000, 0, 0, 0, 9, 9, 9, 1)");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("late-reaping"))));  // 55 us on average
  sql("UPDATE phase_total SET ring_ns = ring_ns * 5; UPDATE cause_total SET total_ns = total_ns * 5");
  ASSERT_THAT(found(), Contains("warning late-reaping"));
  EXPECT_THAT(text("title", "late-reaping"), HasSubstr("takes 275 us to read used entries (55.0 % of the latency)"));
  EXPECT_THAT(text("why", "late-reaping"), HasSubstr("30 of them had an interrupt of their own, and 45.5 %"));
  sql("INSERT INTO fact VALUES ('vm', 'machine', 'kvm', 'case.json', 'off')");
  EXPECT_THAT(found(), Contains("info late-reaping"));
  EXPECT_THAT(text("title", "late-reaping"), HasSubstr("emulated guest (TCG)"));
  sql("UPDATE cause_total SET total_ns = total_ns * 2 WHERE cause = 'latency'");  // 27.5 %
  EXPECT_THAT(found(), Not(Contains(HasSubstr("late-reaping"))));
}

TEST_F(Findings, AWorkerIsSharedIfItIsNeverInTwoPlaces) {
  takes("latency", 40'000'000);
  sql("UPDATE device SET vhost = 1");
  sql("UPDATE guest_half SET a_ns = 1000");
  hostHalves();
  sql("UPDATE host_half SET f_ns = f_ns + 400000");  // on the guest's clock 450 us after the start
  EXPECT_THAT(found(), Not(Contains(HasSubstr("shared-worker"))));
  // The worker is elsewhere from 100 us before a chain begins until 60 us before it is fetched, in two chains that are
  // given back together.
  sql("INSERT INTO queue (queue_id, device_id, queue_index, name) VALUES (4, 2, 0, 'rx0')");
  for (const char* chain : {"0, position * 2, f_ns - 549000, 489000", "0, position * 2 + 1, f_ns - 300000, 240000"})
    sql(
        fmt::format("INSERT INTO host_half (queue_id, epoch, position, f_ns, u_ns, out_count, in_count, flags)"
                    " SELECT 4, {}, 0, 1, 0 FROM host_half WHERE queue_id = 2",
                    chain));
  ASSERT_THAT(found(), Contains("warning shared-worker"));
  // Published 449 us before the fetch: 389 us of that for each of 40 chains.
  EXPECT_THAT(text("why", "shared-worker"), HasSubstr("waited 15.6 ms in all"));
  EXPECT_THAT(text("title", "shared-worker"), HasSubstr("for 38.9 % of the latency"));
  sql("UPDATE host_half SET u_ns = u_ns + 70000 WHERE queue_id = 4");  // still there at the fetch
  EXPECT_THAT(found(), Not(Contains(HasSubstr("shared-worker"))));
  sql("UPDATE host_half SET u_ns = 5000 WHERE queue_id = 4");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("shared-worker"))));
  sql("UPDATE host_half SET u_ns = 240000 WHERE queue_id = 4");
  ASSERT_THAT(found(), Contains("warning shared-worker"));
  sql("UPDATE device SET vhost = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("shared-worker"))));
}

TEST_F(Findings, ASlowInterruptCountsOnlyBeyondTheErrorOfTheClocks) {
  takes("latency", 100'000'000);
  hostHalves();
  sql("UPDATE host_half SET s_ns = 6000");  // 56 us after the start: the host's times are 50 us later
  sql("UPDATE guest_half SET i_ns = 2056000");
  ASSERT_THAT(found(), Contains("warning slow-interrupt"));
  EXPECT_THAT(text("title", "slow-interrupt"), HasSubstr("takes 2.00 ms"));
  EXPECT_THAT(text("why", "slow-interrupt"), HasSubstr("+-1.00 us; this wait is 80.0 % of"));
  sql("UPDATE chain SET cross_error_ns = 1800000");
  EXPECT_THAT(found(), Contains("info slow-interrupt"));
  sql("UPDATE chain SET cross_error_ns = 1950000");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("slow-interrupt"))));
  sql("UPDATE chain SET cross_error_ns = 1000");
  sql("UPDATE guest_half SET i_ns = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("slow-interrupt"))));
}

TEST_F(Findings, ALateSignalIsAPolicyOnlyWhereItIsNegotiated) {
  hostHalves();
  sql("UPDATE host_half SET s_ns = 30000");
  ASSERT_THAT(found(), Contains("info interrupt-coalescing"));
  EXPECT_THAT(text("title", "interrupt-coalescing"), HasSubstr("signals 25.0 us after"));
  EXPECT_THAT(text("why", "interrupt-coalescing"), HasSubstr("no coalescing feature is negotiated"));
  EXPECT_THAT(text("action", "interrupt-coalescing"), HasSubstr("thread"));
  sql("UPDATE device SET vhost = 1");  // which signals when it gives chains back, if the guest asks for it
  EXPECT_THAT((found(), text("title", "interrupt-coalescing")), HasSubstr("the guest's next interrupt comes 25.0 us"));
  EXPECT_THAT(text("why", "interrupt-coalescing"), HasSubstr("not a delay of the device"));
  EXPECT_THAT(text("action", "interrupt-coalescing"), HasSubstr("event_idx=off"));
  sql("UPDATE device SET features_negotiated = 1 << 53");
  EXPECT_THAT((found(), text("why", "interrupt-coalescing")), HasSubstr("Interrupt coalescing is negotiated"));
  EXPECT_THAT(text("change", "interrupt-coalescing"), HasSubstr("rx-usecs 0"));
  sql("UPDATE host_half SET s_ns = 6000");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("interrupt-coalescing"))));
  sql("UPDATE host_half SET s_ns = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("interrupt-coalescing"))));
}

}  // namespace
}  // namespace descry
