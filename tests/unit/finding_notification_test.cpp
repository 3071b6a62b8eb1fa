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

TEST_F(Findings, ASlowWakeupIsPutDownToTheSchedulerOnlyByItsRecord) {
  takes("latency", 40'000'000);
  hostHalves(300'000);
  sql("INSERT INTO thread_state (capture_id, tid, on_ns, off_ns, woken_ns)" + forty +
      "SELECT 2, 7, i * 1000000, i * 1000000 + 9000, i * 1000000 - 250000 FROM n");
  EXPECT_THAT((found(), text("why", "slow-wakeup")), HasSubstr("250 us of that (median of 40 runs)"));
  EXPECT_THAT(text("why", "slow-wakeup"), HasSubstr("other threads ran there"));
  sql("UPDATE thread_state SET woken_ns = on_ns - 2000");
  EXPECT_THAT((found(), text("why", "slow-wakeup")), HasSubstr("another reason"));
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
