// SPDX-License-Identifier: GPL-2.0-or-later
// Durations, to the nanosecond, against the distributions of truth.json.
#include "tests/golden/truth_fixture.hpp"

namespace descry::golden {

class TruthLatency : public Truth {
 protected:
  Distribution ours(const std::string& sql) const { return distributionOf(reference().column(sql)); }

  static std::string of(const GuestQueue& queue) { return " queue_id = " + std::to_string(numberOf(queue.queueId)); }
  static std::string of(const HostQueue& queue) {
    return " h.queue_id = " + std::to_string(numberOf(queue.queueId)) + " AND h.epoch = " + std::to_string(queue.epoch);
  }

  /// Halves of one guest queue that were paired, with the raw clocks of both traces.
  std::string paired(const std::string& what, const std::string& guestQueue) const {
    return "SELECT " + what +
           " FROM chain c JOIN pair_segment p USING (pair_id)"
           " JOIN guest_half g ON (g.queue_id, g.epoch, g.position) = (c.queue_id, c.epoch, c.position)"
           " JOIN host_half h ON (h.queue_id, h.epoch, h.position) = (p.host_queue_id, p.host_epoch, c.position - "
           "p.shift)"
           " JOIN (SELECT origin_ns guest_origin FROM capture WHERE side = 'guest')"
           " JOIN (SELECT origin_ns host_origin FROM capture WHERE side = 'host')"
           " WHERE c.queue_id = " +
           std::to_string(numberOf(reference().guestQueueId(guestQueue)));
  }
};

TEST_P(TruthLatency, GuestLatenciesEqualTheTruthFile) {
  for (const auto& queue : reference().guestQueues()) {
    SCOPED_TRACE("guest queue " + queue.key);
    const auto& expected = *queue.truth;
    EXPECT_EQ(ours("SELECT r_ns FROM guest_half WHERE r_ns IS NOT NULL AND" + of(queue)),
              distributionOf(expected["add_to_get_ns"]));
    EXPECT_EQ(ours("SELECT a_ns FROM guest_half WHERE a_ns IS NOT NULL AND" + of(queue)),
              distributionOf(expected["add_call_ns"]));
    // One doorbell serves all chains that were added before it. One whose chains were not seen being added has no half
    // to carry its return.
    const auto rung = ours(
        "SELECT spent FROM (SELECT DISTINCT q_ns + k_ns, k_return_ns - k_ns AS spent FROM guest_half"
        " WHERE k_return_ns IS NOT NULL AND" +
        of(queue) + ")");
    const auto alone = reference().integer("SELECT count(*) FROM doorbell WHERE" + of(queue));
    if (alone > 0 && truth()["guest"]["lost_events"] > 0)
      EXPECT_EQ(static_cast<std::int64_t>(rung.n) + alone, expected["notifies"]);
    else
      EXPECT_EQ(rung, distributionOf(expected["notify_call_ns"]));
  }
}

TEST_P(TruthLatency, HostLatenciesEqualTheTruthFile) {
  for (const auto& queue : reference().hostQueues()) {
    SCOPED_TRACE("host queue " + queue.key);
    const auto& expected = *queue.truth;
    // Where an index write was lost, the truth file waits for the next one; the half says that it was not seen.
    if (truth()["host"]["lost_events"] == 0)
      EXPECT_EQ(ours("SELECT u_ns FROM host_half h WHERE u_ns IS NOT NULL AND" + of(queue)),
                distributionOf(expected["fetch_to_used_ns"]));
    else
      EXPECT_EQ(reference().integer("SELECT count(u_ns) FROM host_half h WHERE" + of(queue)),
                expected["fetch_to_used_ns"]["n"]);
    if (!expected.contains("miss_to_fetch_ns")) continue;
    EXPECT_EQ(ours("SELECT f_ns - min(raised_ns) FROM iotlb_miss m JOIN host_half h USING (queue_id, epoch, position)"
                   " WHERE" +
                   of(queue) + " GROUP BY position"),
              distributionOf(expected["miss_to_fetch_ns"]));
  }
}

TEST_P(TruthLatency, ChainViewShowsTheGuestsLatencies) {
  for (const auto& queue : reference().guestQueues()) {
    const std::string where = " FROM chain_view WHERE r_ns IS NOT NULL AND device = 'virtio" +
                              queue.key.substr(0, queue.key.find(':')) +
                              "' AND queue_index = " + queue.key.substr(queue.key.find(':') + 1);
    EXPECT_EQ(ours("SELECT r_ns" + where), distributionOf((*queue.truth)["add_to_get_ns"])) << queue.key;
  }
}

TEST_P(TruthLatency, CrossClockLatenciesEqualTheTruthFileUnderItsOwnOffset) {
  if (!truth().contains("clock_offset_host_minus_guest_ns")) {
    EXPECT_TRUE(!truth().contains("matched") || truth()["matched"].empty());
    return;
  }
  // The offset is an estimate on both sides: compare what it was added to, which is not.
  const std::string offset = std::to_string(truth()["clock_offset_host_minus_guest_ns"]["used"].get<std::int64_t>());
  const std::string shift = "(host_origin - guest_origin - " + offset + ")";
  const bool vhost = !truth()["host"].contains("guest_device_of");
  for (const auto& [key, expected] : truth()["matched"].items()) {
    if (expected["matched"] == 0) continue;
    SCOPED_TRACE("matched queue " + key);
    EXPECT_EQ(ours(paired("(g.q_ns + g.r_ns) - (h.f_ns + h.u_ns) - " + shift, key) +
                   " AND r_ns IS NOT NULL AND u_ns IS NOT NULL"),
              distributionOf(expected["used_to_get_ns"]));
    // For vhost the truth file counts from the entry of the fetch that succeeded. That is our first attempt where
    // there was only one; the chains with retries are compared one by one in truth_pairing_test.cpp.
    const auto& host = truth()["host"]["queues"];
    if (vhost && host[key.substr(key.find(':') + 1)]["eagain_fetches"] > 0) continue;
    const std::string fetched = vhost ? "h.f_ns + h.t_ns" : "h.f_ns";
    EXPECT_EQ(ours(paired("(" + fetched + ") - (g.q_ns + g.a_ns) + " + shift, key)),
              distributionOf(expected["publish_to_fetch_ns"]));
  }
}

FOR_EVERY_CASE(TruthLatency);

}  // namespace descry::golden
