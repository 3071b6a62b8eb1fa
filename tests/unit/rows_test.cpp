// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/store/rows.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "schemas/store/table_io.hpp"

namespace descry {
namespace {

class RowsTest : public testing::Test {
 protected:
  RowsTest()
      : m_path(std::filesystem::temp_directory_path() / ("descry-rows-" + std::to_string(::getpid()) + ".db")),
        m_database(Database::create(m_path)) {}
  ~RowsTest() override { std::filesystem::remove(m_path); }

  /// The members in the order of the columns in the SQL file, written down from reading that file.
  template <typename Row>
  void expectMirrors(Row& row, const std::vector<std::pair<std::string, const void*>>& expected) {
    Statement info = m_database.prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?)");
    info.bind(0, std::string_view(Row::table));
    std::vector<std::string> names, types;
    std::vector<bool> nullable;
    int keys = 0;
    for (int column = 0; info.step(); ++column) {
      names.emplace_back(info.text(0));
      types.emplace_back(info.text(1));
      nullable.push_back(info.integer(2) == 0);
      if (info.integer(3) == 0) continue;
      EXPECT_EQ(info.integer(3), column + 1) << Row::table << ": key columns come first";
      ++keys;
    }
    EXPECT_EQ(keys, Row::keyColumns) << Row::table;
    std::vector<std::string> expectedNames;
    for (const auto& [name, member] : expected) expectedNames.push_back(name);
    ASSERT_EQ(names, expectedNames) << Row::table;

    std::size_t column = 0;
    std::apply([&](auto&... value) { (expectColumn(Row::table, value, expected, types, nullable, column), ...); },
               row.columns());
    EXPECT_EQ(column, names.size()) << Row::table;
  }

  template <typename Value>
  static void expectColumn(const char* table, const Value& value,
                           const std::vector<std::pair<std::string, const void*>>& expected,
                           const std::vector<std::string>& types, const std::vector<bool>& nullable,
                           std::size_t& column) {
    ASSERT_LT(column, expected.size()) << table;
    const std::string where = std::string(table) + "." + expected[column].first;
    EXPECT_EQ(static_cast<const void*>(&value), expected[column].second) << where;
    EXPECT_EQ(types[column], (std::is_same_v<Value, std::int64_t> ? "INTEGER" : "TEXT")) << where;
    if constexpr (!std::is_same_v<Value, std::int64_t>) {
      EXPECT_EQ(nullable[column], (std::is_same_v<Value, OptionalText>)) << where;
    }
    ++column;
  }

  std::filesystem::path m_path;
  Database m_database;
};

TEST_F(RowsTest, TheStructsOfFactsMirrorTheirTables) {
  MetaRow meta;
  expectMirrors(meta, {{"key", &meta.key}, {"value", &meta.value}});
  CaptureRow c;
  expectMirrors(c, {{"capture_id", &c.captureId},
                    {"side", &c.side},
                    {"path", &c.path},
                    {"source", &c.source},
                    {"tool", &c.tool},
                    {"host_name", &c.hostName},
                    {"kernel", &c.kernel},
                    {"clock", &c.clock},
                    {"clock_epoch_ns", &c.clockEpochNs},
                    {"origin_ns", &c.originNs},
                    {"last_ns", &c.lastNs},
                    {"sha256", &c.sha256},
                    {"events", &c.events},
                    {"decoded", &c.decoded},
                    {"unknown", &c.unknown},
                    {"discarded", &c.discarded},
                    {"probes_missed", &c.probesMissed}});
  CaptureEventRow e;
  expectMirrors(e, {{"capture_id", &e.captureId}, {"event", &e.event}, {"point", &e.point}, {"count", &e.count}});
  DeviceRow d;
  expectMirrors(d, {{"device_id", &d.deviceId},
                    {"capture_id", &d.captureId},
                    {"vm", &d.vm},
                    {"name", &d.name},
                    {"address", &d.address},
                    {"transport", &d.transport},
                    {"transport_source", &d.transportSource},
                    {"kind", &d.kind},
                    {"kind_source", &d.kindSource},
                    {"bus_id", &d.busId},
                    {"features_negotiated", &d.featuresNegotiated},
                    {"access_platform", &d.accessPlatform},
                    {"dma_api", &d.dmaApi},
                    {"dma_api_reason", &d.dmaApiReason},
                    {"iommu_group_type", &d.iommuGroupType},
                    {"swiotlb_forced", &d.swiotlbForced},
                    {"translation", &d.translation},
                    {"translation_reason", &d.translationReason},
                    {"vhost", &d.vhost},
                    {"vmm_pid", &d.vmmPid},
                    {"vmm_id", &d.vmmId},
                    {"active", &d.active}});
  QueueRow q;
  expectMirrors(q, {{"queue_id", &q.queueId},
                    {"device_id", &q.deviceId},
                    {"queue_index", &q.queueIndex},
                    {"name", &q.name},
                    {"size", &q.size},
                    {"layout", &q.layout},
                    {"ring_address", &q.ringAddress},
                    {"event_idx", &q.eventIdx},
                    {"indirect", &q.indirect},
                    {"address", &q.address}});
  LossRow l;
  expectMirrors(l, {{"loss_id", &l.lossId},
                    {"capture_id", &l.captureId},
                    {"queue_id", &l.queueId},
                    {"begin_ns", &l.begin},
                    {"end_ns", &l.end},
                    {"count", &l.count},
                    {"reason", &l.reason}});
  AnomalyRow a;
  expectMirrors(a, {{"anomaly_id", &a.anomalyId},
                    {"capture_id", &a.captureId},
                    {"queue_id", &a.queueId},
                    {"kind", &a.kind},
                    {"severity", &a.severity},
                    {"count", &a.count},
                    {"first_ns", &a.first},
                    {"last_ns", &a.last},
                    {"detail", &a.detail}});
}

TEST_F(RowsTest, TheStructOfQueueEpochsMirrorsItsTable) {
  QueueEpochRow e;
  expectMirrors(e, {{"queue_id", &e.queueId},
                    {"epoch", &e.epoch},
                    {"start_ns", &e.startNs},
                    {"end_ns", &e.endNs},
                    {"anchor", &e.anchor},
                    {"first_position", &e.firstPosition},
                    {"last_position", &e.lastPosition},
                    {"position_gaps", &e.positionGaps},
                    {"adds", &e.adds},
                    {"failed_adds", &e.failedAdds},
                    {"gets", &e.gets},
                    {"empty_gets", &e.emptyGets},
                    {"gets_without_add", &e.getsWithoutAdd},
                    {"unseen_gets", &e.unseenGets},
                    {"doorbell_decisions", &e.doorbellDecisions},
                    {"doorbells_needed", &e.doorbellsNeeded},
                    {"doorbells_rung", &e.doorbellsRung},
                    {"interrupts", &e.interrupts},
                    {"bounces", &e.bounces},
                    {"bounce_bytes", &e.bounceBytes},
                    {"copies_in_get", &e.copiesInGet},
                    {"copy_bytes_in_get", &e.copyBytesInGet},
                    {"fetches", &e.fetches},
                    {"used", &e.used},
                    {"flushes", &e.flushes},
                    {"doorbells_seen", &e.doorbellsSeen},
                    {"doorbells_other_thread", &e.doorbellsOtherThread},
                    {"eagain_fetches", &e.eagainFetches},
                    {"empty_fetches", &e.emptyFetches},
                    {"error_fetches", &e.errorFetches},
                    {"failed_prefetches", &e.failedPrefetches},
                    {"discarded", &e.discarded},
                    {"misses", &e.misses},
                    {"metadata_misses", &e.metadataMisses},
                    {"head_mismatches", &e.headMismatches}});
}

TEST_F(RowsTest, TheStructsOfHalvesMirrorTheirTables) {
  GuestHalfRow g;
  expectMirrors(g, {{"queue_id", &g.queueId},
                    {"epoch", &g.epoch},
                    {"position", &g.position},
                    {"q_ns", &g.q},
                    {"m_ns", &g.m},
                    {"a_ns", &g.a},
                    {"k_ns", &g.k},
                    {"k_return_ns", &g.kReturn},
                    {"i_ns", &g.i},
                    {"d_ns", &g.d},
                    {"r_ns", &g.r},
                    {"c_ns", &g.c},
                    {"head", &g.head},
                    {"out_count", &g.outCount},
                    {"in_count", &g.inCount},
                    {"length_bytes", &g.lengthBytes},
                    {"swiotlb_out_ns", &g.swiotlbOut},
                    {"swiotlb_search_ns", &g.swiotlbSearch},
                    {"swiotlb_in_ns", &g.swiotlbIn},
                    {"bounces", &g.bounces},
                    {"bounce_bytes", &g.bounceBytes},
                    {"copies_back", &g.copiesBack},
                    {"copy_back_bytes", &g.copyBackBytes},
                    {"iommu_map_ns", &g.iommuMap},
                    {"iommu_unmap_ns", &g.iommuUnmap},
                    {"dma_maps", &g.dmaMaps},
                    {"dma_identity", &g.dmaIdentity},
                    {"hits", &g.hits},
                    {"flags", &g.flags}});
  HostHalfRow h;
  expectMirrors(h, {{"queue_id", &h.queueId},
                    {"epoch", &h.epoch},
                    {"position", &h.position},
                    {"f_ns", &h.f},
                    {"n_ns", &h.n},
                    {"k_ns", &h.k},
                    {"w_ns", &h.w},
                    {"t_ns", &h.t},
                    {"p_ns", &h.p},
                    {"u_ns", &h.u},
                    {"s_ns", &h.s},
                    {"head", &h.head},
                    {"out_count", &h.outCount},
                    {"in_count", &h.inCount},
                    {"length_bytes", &h.lengthBytes},
                    {"misses", &h.misses},
                    {"retries", &h.retries},
                    {"flags", &h.flags}});
}

TEST_F(RowsTest, TheStructsOfRareEventsMirrorTheirTables) {
  DoorbellRow k;
  expectMirrors(k, {{"queue_id", &k.queueId}, {"ns", &k.ns}, {"seq", &k.seq}});
  InterruptRow i;
  expectMirrors(i, {{"queue_id", &i.queueId}, {"ns", &i.ns}, {"seq", &i.seq}});
  IotlbMissRow m;
  expectMirrors(m, {{"queue_id", &m.queueId},
                    {"raised_ns", &m.raised},
                    {"seq", &m.seq},
                    {"epoch", &m.epoch},
                    {"position", &m.position},
                    {"iova", &m.iova},
                    {"read_ns", &m.read},
                    {"updated_ns", &m.updated},
                    {"granted_bytes", &m.grantedBytes},
                    {"retried_ns", &m.retried}});
  IotlbEventRow e;
  expectMirrors(e, {{"capture_id", &e.captureId},
                    {"ns", &e.ns},
                    {"seq", &e.seq},
                    {"kind", &e.kind},
                    {"iova", &e.iova},
                    {"bytes", &e.bytes},
                    {"address", &e.address}});
  ThreadStateRow t;
  expectMirrors(
      t, {{"capture_id", &t.captureId}, {"tid", &t.tid}, {"on_ns", &t.on}, {"off_ns", &t.off}, {"woken_ns", &t.woken}});
}

TEST_F(RowsTest, TheStructsOfResultsMirrorTheirTables) {
  DevicePairRow d;
  expectMirrors(d, {{"guest_device_id", &d.guestDeviceId}, {"host_device_id", &d.hostDeviceId}, {"method", &d.method}});
  PairSegmentRow p;
  expectMirrors(p, {{"pair_id", &p.pairId},
                    {"guest_queue_id", &p.guestQueueId},
                    {"guest_epoch", &p.guestEpoch},
                    {"host_queue_id", &p.hostQueueId},
                    {"host_epoch", &p.hostEpoch},
                    {"first_position", &p.firstPosition},
                    {"last_position", &p.lastPosition},
                    {"shift", &p.shift},
                    {"method", &p.method},
                    {"candidates", &p.candidates},
                    {"chains", &p.chains}});
  UnpairedRow u;
  expectMirrors(u, {{"unpaired_id", &u.unpairedId},
                    {"queue_id", &u.queueId},
                    {"epoch", &u.epoch},
                    {"chains", &u.chains},
                    {"reason", &u.reason}});
  ClockSegmentRow s;
  expectMirrors(s, {{"segment_id", &s.segmentId},
                    {"guest_capture_id", &s.guestCaptureId},
                    {"host_capture_id", &s.hostCaptureId},
                    {"begin_ns", &s.begin},
                    {"end_ns", &s.end},
                    {"offset_ns", &s.offset},
                    {"drift_ppb", &s.driftPpb},
                    {"drift_error_ppb", &s.driftErrorPpb},
                    {"error_ns", &s.error},
                    {"quality", &s.quality},
                    {"constraints", &s.constraints}});
  ClockHullRow h;
  expectMirrors(h, {{"segment_id", &h.segmentId}, {"bound", &h.bound}, {"host_ns", &h.host}, {"guest_ns", &h.guest}});
  ChainRow c;
  expectMirrors(c, {{"queue_id", &c.queueId},
                    {"epoch", &c.epoch},
                    {"position", &c.position},
                    {"start_ns", &c.start},
                    {"pair_id", &c.pairId},
                    {"host_shift_ns", &c.hostShift},
                    {"cross_error_ns", &c.crossError},
                    {"stock_ns", &c.stock},
                    {"reap_wait_ns", &c.reapWait},
                    {"iotlb_ns", &c.causes[Cause::Iotlb]},
                    {"swiotlb_ns", &c.causes[Cause::Swiotlb]},
                    {"ring_ns", &c.causes[Cause::Ring]},
                    {"notification_ns", &c.causes[Cause::Notification]},
                    {"backend_ns", &c.causes[Cause::Backend]},
                    {"unattributed_ns", &c.causes[Cause::Unattributed]},
                    {"iotlb_induced_ns", &c.iotlbInduced},
                    {"points", &c.points},
                    {"flags", &c.flags}});
  CauseTotalRow t;
  expectMirrors(t, {{"level", &t.level},
                    {"transport", &t.transport},
                    {"device_id", &t.deviceId},
                    {"queue_id", &t.queueId},
                    {"cause", &t.cause},
                    {"scope", &t.scope},
                    {"chains", &t.chains},
                    {"total_ns", &t.total},
                    {"p50_ns", &t.p50},
                    {"p99_ns", &t.p99},
                    {"p999_ns", &t.p999},
                    {"max_ns", &t.max},
                    {"exact", &t.exact}});
  CauseHistogramRow b;
  expectMirrors(b, {{"queue_id", &b.queueId}, {"cause", &b.cause}, {"bucket", &b.bucket}, {"count", &b.count}});
  TimelineBucketRow l;
  expectMirrors(l, {{"queue_id", &l.queueId},
                    {"level", &l.level},
                    {"bucket", &l.bucket},
                    {"chains", &l.chains},
                    {"incomplete", &l.incomplete},
                    {"suspect", &l.suspect},
                    {"iotlb_ns", &l.causes[Cause::Iotlb]},
                    {"swiotlb_ns", &l.causes[Cause::Swiotlb]},
                    {"ring_ns", &l.causes[Cause::Ring]},
                    {"notification_ns", &l.causes[Cause::Notification]},
                    {"backend_ns", &l.causes[Cause::Backend]},
                    {"unattributed_ns", &l.causes[Cause::Unattributed]},
                    {"worst_ns", &l.worst},
                    {"worst_epoch", &l.worstEpoch},
                    {"worst_position", &l.worstPosition},
                    {"first_epoch", &l.firstEpoch},
                    {"first_position", &l.firstPosition},
                    {"last_epoch", &l.lastEpoch},
                    {"last_position", &l.lastPosition}});
  TimelineLatencyRow y;
  expectMirrors(
      y,
      {{"queue_id", &y.queueId}, {"level", &y.level}, {"bucket", &y.bucket}, {"band", &y.band}, {"chains", &y.chains}});
  SlowestRow w;
  expectMirrors(w, {{"queue_id", &w.queueId},
                    {"cause", &w.cause},
                    {"rank", &w.rank},
                    {"epoch", &w.epoch},
                    {"position", &w.position},
                    {"ns", &w.ns}});
}

}  // namespace
}  // namespace descry
