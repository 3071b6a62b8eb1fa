// SPDX-License-Identifier: GPL-2.0-or-later
// Which host half belongs to which guest half, chain by chain, against the lists that chain_truth.py made.
#include <map>

#include "tests/golden/chain_list.hpp"
#include "tests/golden/truth_fixture.hpp"

namespace descry::golden {

class TruthPairing : public Truth {
 protected:
  /// How chain_truth.py names the host queue that serves a guest queue.
  std::string hostQueueOf(const std::string& guestQueue) const {
    const auto colon = guestQueue.find(':');
    const auto& host = truth()["host"];
    if (!host.contains("guest_device_of")) return guestQueue.substr(colon + 1);
    for (const auto& [address, device] : host["guest_device_of"].items())
      if (device == guestQueue.substr(0, colon)) return address + guestQueue.substr(colon);
    return {};
  }

  /// "1:0/epoch1" of truth.json as chain_truth.py names it.
  std::string hostQueueName(const std::string& key) const {
    const std::string base = key.substr(0, key.find('/'));
    return base.find(':') == std::string::npos || base.starts_with("0x") ? base : hostQueueOf(base);
  }
};

TEST_P(TruthPairing, NoPairIsWrong) {
  if (!reference().has("guest")) GTEST_SKIP() << "host-only capture";
  const auto pairs = reference().pairs();
  // Positions that were counted from pops are invalid once events were lost.
  const auto verdict = judge(pairs, ChainList(GetParam()), truth()["host"]["lost_events"] == 0);
  EXPECT_THAT(verdict.wrong, testing::IsEmpty());
  EXPECT_LE(verdict.undecided, static_cast<std::int64_t>(pairs.size()) / 10);
  for (const auto& pair : pairs) ASSERT_EQ(hostQueueOf(pair.guestQueue), pair.hostQueue);
}

TEST_P(TruthPairing, EveryChainThatBothSidesSawIsPaired) {
  if (!reference().has("guest")) GTEST_SKIP() << "host-only capture";
  std::map<std::string, std::int64_t> counts;
  for (const auto& pair : reference().pairs()) ++counts[pair.guestQueue];
  for (const auto& [key, expected] : truth()["matched"].items()) {
    EXPECT_EQ(counts[key], expected["matched"]) << key;
    EXPECT_EQ(expected["used_length_mismatches"], 0) << key;
  }
}

TEST_P(TruthPairing, FetchAttemptsBeginWhereTheTraceSaysSo) {
  if (!truth()["host"].contains("iotlb")) GTEST_SKIP() << "no vhost";
  const ChainList chains(GetParam());
  for (const auto& queue : reference().hostQueues()) {
    const auto rows = reference().rows(
        "SELECT position, (SELECT origin_ns FROM capture WHERE side = 'host') + f_ns, t_ns, retries FROM host_half "
        "WHERE queue_id = " +
        std::to_string(numberOf(queue.queueId)) + " AND epoch = " + std::to_string(queue.epoch));
    for (const auto& row : rows) {
      const auto* expected = chains.hostAt(queue.key, row[0]);
      ASSERT_NE(expected, nullptr) << "queue " << queue.key << " position " << row[0];
      EXPECT_EQ(row[1], expected->fetched) << "queue " << queue.key << " position " << row[0];
      if (row[3] == 0)
        EXPECT_EQ(row[1] + row[2], expected->fetchEntry) << "queue " << queue.key << " position " << row[0];
      else
        EXPECT_LT(row[1] + row[2], expected->fetchEntry) << "queue " << queue.key << " position " << row[0];
    }
  }
}

TEST_P(TruthPairing, EachChainIsUsedWhenTheTraceSaysSo) {
  const ChainList chains(GetParam());
  std::int64_t withoutIndexWrite = 0;
  for (const auto& queue : reference().hostQueues()) {
    const auto rows = reference().rows(
        "SELECT (SELECT origin_ns FROM capture WHERE side = 'host') + f_ns, u_ns, flags & 16 FROM host_half WHERE u_ns "
        "IS NOT NULL AND queue_id = " +
        std::to_string(numberOf(queue.queueId)) + " AND epoch = " + std::to_string(queue.epoch));
    for (const auto& row : rows) {
      const auto* expected = chains.host(hostQueueName(queue.key), row[0]);
      ASSERT_NE(expected, nullptr) << "queue " << queue.key << " fetch " << row[0];
      // The list knows no better than to wait for the next index write when one was lost.
      if (row[2] != 0 && truth()["host"]["lost_events"] > 0) {
        EXPECT_LE(row[0] + row[1], expected->used) << "queue " << queue.key << " fetch " << row[0];
        ++withoutIndexWrite;
      } else {
        EXPECT_EQ(row[0] + row[1], expected->used) << "queue " << queue.key << " fetch " << row[0];
      }
    }
  }
  EXPECT_LE(withoutIndexWrite, truth()["host"]["lost_events"]);
}

TEST_P(TruthPairing, WhatIsNotPairedHasAReason) {
  // Halves without a partner, of queues that have one: each must be counted by a row that says why.
  const auto rows = reference().rows(
      "SELECT queue_id, epoch, count(*), (SELECT ifnull(sum(chains), 0) FROM unpaired u WHERE u.queue_id = c.queue_id "
      "AND u.epoch = c.epoch) FROM chain c WHERE pair_id IS NULL GROUP BY queue_id, epoch");
  if (!reference().has("guest")) GTEST_SKIP() << "host-only capture: there is nothing to pair with";
  for (const auto& row : rows) EXPECT_EQ(row[2], row[3]) << "queue_id " << row[0] << " epoch " << row[1];
}

FOR_EVERY_CASE(TruthPairing);

}  // namespace descry::golden
