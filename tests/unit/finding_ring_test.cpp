// SPDX-License-Identifier: GPL-2.0-or-later
#include "finding_case.hpp"

namespace descry {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST_F(Findings, AFullRingIsToldFromOneWithRoomForOneMore) {
  sql("UPDATE device SET kind = 'blk'");
  sql("UPDATE queue SET size = 8 WHERE queue_id = 1");
  inFlight(8);
  ASSERT_THAT(found(), Contains("warning ring-full"));
  // The ring is full from the eighth add on.
  EXPECT_THAT(text("why", "ring-full"), HasSubstr("33 of 40 adds left no room"));
  EXPECT_EQ(text("queue_name", "ring-full"), "tx0");
  EXPECT_THAT(text("change", "ring-full"), HasSubstr("virtio-blk-pci,queue-size=1024"));
  inFlight(7);
  EXPECT_THAT(found(), Not(Contains(HasSubstr("ring-full"))));
}

TEST_F(Findings, AFullRingIsSilentWithoutItsSizeItsEndsOrForReceiveBuffers) {
  sql("UPDATE device SET kind = 'blk'");
  sql("UPDATE queue SET size = 8 WHERE queue_id = 1");
  inFlight(8);
  ASSERT_THAT(found(), Contains("warning ring-full"));
  sql("UPDATE guest_half SET out_count = 0");  // posted buffers
  EXPECT_THAT(found(), Not(Contains(HasSubstr("ring-full"))));
  inFlight(8);
  sql("UPDATE queue SET size = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("ring-full"))));
  sql("UPDATE queue SET size = 8");
  takes("backend", 2'000'000);
  EXPECT_THAT(found(), Contains("info ring-full"));
  sql("UPDATE guest_half SET r_ns = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("ring-full"))));
}

TEST_F(Findings, ANetworkQueueIsFullWhenItsLargestPacketHasNoRoom) {
  sql("UPDATE queue SET size = 40 WHERE queue_id = 1");
  inFlight(20);
  EXPECT_THAT(found(), Not(Contains(HasSubstr("ring-full"))));  // 20 of 40 leave room for 20 descriptors
  sql("UPDATE queue SET size = 38 WHERE queue_id = 1");
  EXPECT_THAT(found(), Contains("warning ring-full"));
}

TEST_F(Findings, WithoutIndirectTablesARingIsFullWhenAnotherChainHasNoRoom) {
  sql("UPDATE device SET kind = 'blk'");
  sql("UPDATE queue SET size = 17, indirect = 0 WHERE queue_id = 1");
  inFlight(5);  // in three descriptors each
  EXPECT_THAT(found(), Contains("warning ring-full"));
  sql("UPDATE queue SET size = 18 WHERE queue_id = 1");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("ring-full"))));
}

TEST_F(Findings, IndirectDescriptorsAreMissedOnlyWhereTheRingFillsForWantOfThem) {
  sql("UPDATE queue SET size = 16, indirect = 0 WHERE queue_id = 1");
  inFlight(4);
  sql("UPDATE guest_half SET out_count = 3");
  ASSERT_THAT(found(), Contains("warning no-indirect"));
  EXPECT_THAT(text("why", "no-indirect"), HasSubstr("4 requests in flight took 100.0 % of the 16 entries"));
  for (const auto& [reason, undo] : std::initializer_list<std::pair<const char*, const char*>>{
           {"UPDATE queue SET indirect = 1", "UPDATE queue SET indirect = 0"},
           {"UPDATE queue SET indirect = NULL", "UPDATE queue SET indirect = 0"},
           {"UPDATE queue SET size = 64", "UPDATE queue SET size = 16"},
           {"UPDATE guest_half SET out_count = 1", "UPDATE guest_half SET out_count = 3"}}) {
    sql(reason);
    EXPECT_THAT(found(), Not(Contains(HasSubstr("no-indirect")))) << reason;
    sql(undo);
    EXPECT_THAT(found(), Contains("warning no-indirect")) << undo;
  }
  hostHalves();  // the host counts three descriptors per chain
  EXPECT_THAT(found(), Not(Contains(HasSubstr("no-indirect"))));
}

TEST_F(Findings, AStarvedReceiveQueueIsOneThatVhostFoundEmpty) {
  sql("UPDATE queue SET name = 'rx0'");
  sql("UPDATE device SET vhost = 1 WHERE device_id = 2");
  sql("UPDATE queue_epoch SET fetches = 100, empty_fetches = 30 WHERE queue_id = 2");
  ASSERT_THAT(found(), Contains("warning receive-starved"));
  EXPECT_THAT(text("title", "receive-starved"), HasSubstr("virtio0 rx0"));
  EXPECT_THAT(text("title", "receive-starved"), HasSubstr("30 times a packet found no receive buffer (100 buffers"));
  sql("UPDATE queue SET name = 'tx0'");  // a transmit queue is found empty after each burst
  EXPECT_THAT(found(), Not(Contains(HasSubstr("receive-starved"))));
  sql("UPDATE queue SET name = 'rx0'");
  sql("UPDATE device SET vhost = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("receive-starved"))));
  sql("UPDATE device SET vhost = 1");
  sql("UPDATE queue_epoch SET empty_fetches = 19 WHERE queue_id = 2");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("receive-starved"))));
}

TEST_F(Findings, ChainsHeldForOthersNeedAnEndThatSomebodySaw) {
  hostHalves();
  sql("UPDATE host_half SET f_ns = position / 2 * 1000000, p_ns = 1000, u_ns = 40000");
  ASSERT_THAT(found(), Contains("info used-batching"));
  // 39 us of each chain's 100 us.
  EXPECT_THAT(text("title", "used-batching"), HasSubstr("wait 39.0 us to be given back with others (39.0 % of"));
  sql("UPDATE host_half SET p_ns = u_ns - 1000");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("used-batching"))));
  sql("UPDATE host_half SET p_ns = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("used-batching"))));
  // vhost serves one chain at a time: the first of two waits for the second, and for nothing else.
  sql("UPDATE device SET vhost = 1");
  ASSERT_THAT(found(), Contains("info used-batching"));
  EXPECT_THAT(text("title", "used-batching"), HasSubstr("wait 20.0 us"));
  EXPECT_EQ(text("confidence", "used-batching"), "medium");
  sql("UPDATE host_half SET f_ns = position * 1000000");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("used-batching"))));
}

TEST_F(Findings, AHotQueueNeedsIdleEqualsAndAQueueOfChains) {
  hostHalves();
  inFlight(8);
  sql("CREATE TEMP TABLE copied AS SELECT * FROM chain");
  for (int epoch = 1; epoch <= 3; ++epoch) {
    sql(fmt::format("UPDATE copied SET epoch = {}", epoch));
    sql("INSERT INTO chain SELECT * FROM copied");
  }
  EXPECT_THAT(found(), Not(Contains(HasSubstr("hot-queue"))));
  sql("INSERT INTO queue (queue_id, device_id, queue_index, name) VALUES (3, 1, 3, 'tx1')");
  ASSERT_THAT(found(), Contains("warning hot-queue"));
  EXPECT_THAT(text("title", "hot-queue"), HasSubstr("tx0 takes 100.0 % of the chains of its 2 equal queues"));
  sql("UPDATE queue SET name = 'rx0' WHERE queue_id = 3");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("hot-queue"))));
  sql("UPDATE queue SET name = 'tx1' WHERE queue_id = 3");
  sql("UPDATE copied SET queue_id = 3, epoch = 0");
  sql("INSERT INTO chain SELECT * FROM copied");
  ASSERT_THAT(found(), Contains("warning hot-queue"));  // 160 of 200
  sql("DELETE FROM chain WHERE queue_id = 1 AND epoch > 1");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("hot-queue"))));
}

TEST_F(Findings, BounceBuffersAreShortWhenFindingThemTakesLongerThanFillingThem) {
  bounces();
  sql("UPDATE guest_half SET c_ns = 90000");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("swiotlb-pool"))));
  sql("UPDATE guest_half SET swiotlb_out_ns = 80000, swiotlb_search_ns = 57000");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("swiotlb-pool"))));  // 19 us for each of three buffers
  sql("UPDATE guest_half SET swiotlb_search_ns = 63000");
  ASSERT_THAT(found(), Contains("warning swiotlb-pool"));
  EXPECT_THAT(text("title", "swiotlb-pool"), HasSubstr("takes 63.0 % of the latency"));
  EXPECT_THAT(text("why", "swiotlb-pool"), HasSubstr("21.0 us per buffer"));
  // One chain at a time: 8192 bytes are 4 slots, and each of 3 bounces may take one more.
  EXPECT_THAT(text("why", "swiotlb-pool"), HasSubstr("held at most 7 slots of 2048 bytes"));
  EXPECT_THAT(text("change", "swiotlb-pool"), HasSubstr("'swiotlb=65536'"));
  sql("UPDATE guest_half SET swiotlb_out_ns = 130000");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("swiotlb-pool"))));  // copying takes longer
  sql("UPDATE guest_half SET swiotlb_out_ns = 80000, swiotlb_search_ns = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("swiotlb-pool"))));
}

TEST_F(Findings, FailedAddsArePutDownToThePoolOnlyWhereTheRingHadRoom) {
  bounces();
  sql("UPDATE guest_half SET c_ns = 90000");
  sql("UPDATE queue_epoch SET failed_adds = 6, bounces = 120 WHERE queue_id = 1");
  sql("UPDATE queue SET size = 256");
  ASSERT_THAT(found(), Contains("warning swiotlb-pool"));
  EXPECT_THAT(text("title", "swiotlb-pool"), HasSubstr("6 adds failed because bounce buffers ran out"));
  for (const auto& [reason, undo] : std::initializer_list<std::pair<const char*, const char*>>{
           {"UPDATE queue SET size = 2", "UPDATE queue SET size = 256"},
           {"UPDATE queue SET size = NULL", "UPDATE queue SET size = 256"},
           {"UPDATE guest_half SET c_ns = NULL", "UPDATE guest_half SET c_ns = 90000"},
           {"UPDATE queue_epoch SET failed_adds = 4", "UPDATE queue_epoch SET failed_adds = 6"},
           {"UPDATE queue_epoch SET bounces = 0", "UPDATE queue_epoch SET bounces = 120"}}) {
    sql(reason);
    EXPECT_THAT(found(), Not(Contains(HasSubstr("swiotlb-pool")))) << reason;
    sql(undo);
    EXPECT_THAT(found(), Contains("warning swiotlb-pool")) << undo;
  }
}

}  // namespace
}  // namespace descry
