// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "schemas/store/table_io.hpp"

namespace descry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr Ns kGuestOrigin = 1'000'000;
constexpr Ns kHostOrigin = 5'000'000;

constexpr std::int64_t kAllPoints = 0xffff;
constexpr std::int64_t bits(std::initializer_list<Point> points) {
  std::int64_t sum = 0;
  for (const Point point : points) sum |= pointBit(point);
  return sum;
}

/// A world small enough to compute by hand. Guest device 1 (virtio0: queues 1 and 4) is host device 2 (queue 2), whose
/// positions are 3 lower; guest device 4 (virtio1) and host device 3 (queue 3) have no partner.
class ViewsTest : public testing::Test {
 protected:
  ViewsTest()
      : m_path(std::filesystem::temp_directory_path() / ("descry-views-" + std::to_string(::getpid()) + ".db")),
        m_database(Database::create(m_path)) {
    write<CaptureRow>(
        {{.captureId = 1, .side = "guest", .path = "g", .source = "ctf", .origin = kGuestOrigin, .events = 9},
         {.captureId = 2, .side = "host", .path = "h", .source = "ctf", .origin = kHostOrigin, .discarded = 7}});
    DeviceRow guest{.deviceId = DeviceId{1}, .captureId = 1, .vm = "web", .name = "virtio0", .transport = "pci"};
    guest.transportSource = "facts";
    guest.busId = "0000:00:04.0";
    guest.accessPlatform = 1;
    guest.dmaApi = 1;
    guest.dmaApiReason = "ACCESS_PLATFORM";
    guest.translation = "not in path";
    guest.translationReason = "the guest's guess";
    DeviceRow host{
        .deviceId = DeviceId{2}, .captureId = 2, .vm = "host", .name = "0x55e0", .transport = "mmio", .kind = "blk"};
    host.kindSource = "inferred";
    host.translation = "viommu";
    host.translationReason = "misses seen";
    DeviceRow lone{
        .deviceId = DeviceId{3}, .captureId = 2, .vm = "web", .name = "0x77", .transport = "ccw", .kind = "net"};
    lone.vhost = 1;
    const DeviceRow idle{.deviceId = DeviceId{4}, .captureId = 1, .vm = "web", .name = "virtio1", .active = 0};
    write<DeviceRow>({guest, host, lone, idle});
    write<DevicePairRow>({{.guestDeviceId = DeviceId{1}, .hostDeviceId = DeviceId{2}, .method = "position"}});
    write<QueueRow>({{.queueId = QueueId{1}, .deviceId = DeviceId{1}, .queueIndex = 0, .name = "req0", .size = 128},
                     {.queueId = QueueId{2}, .deviceId = DeviceId{2}, .queueIndex = 0, .name = "queue0"},
                     {.queueId = QueueId{3}, .deviceId = DeviceId{3}, .queueIndex = 1, .name = "tx0"},
                     {.queueId = QueueId{4}, .deviceId = DeviceId{1}, .queueIndex = 1, .name = "req1"}});
    write<PairSegmentRow>({{.pairId = 1,
                            .guestQueueId = QueueId{1},
                            .guestEpoch = 2,
                            .hostQueueId = QueueId{2},
                            .hostEpoch = 0,
                            .firstPosition = 10,
                            .lastPosition = 12,
                            .shift = 3,
                            .method = "position",
                            .chains = 2}});
  }
  ~ViewsTest() override { std::filesystem::remove(m_path); }

  template <typename Row>
  void write(const std::vector<Row>& rows) {
    TableWriter<Row> writer(m_database);
    for (const Row& row : rows) writer.add(row);
    writer.flush();
  }

  /// Every row as "a|b|c", NULL as "-".
  std::vector<std::string> rows(const std::string& query) {
    Statement statement = m_database.prepare(query);
    std::vector<std::string> found;
    while (statement.step()) {
      std::string line;
      for (int column = 0; column < statement.columnCount(); ++column) {
        if (column > 0) line += '|';
        line += statement.isNull(column) ? "-" : std::string(statement.text(column));
      }
      found.push_back(line);
    }
    return found;
  }

  std::string columnsOf(const std::string& view) {
    return rows("SELECT group_concat(name, ' ') FROM pragma_table_info('" + view + "')").front();
  }

  std::string planOf(const std::string& query) {
    std::string plan;
    Statement statement = m_database.prepare("EXPLAIN QUERY PLAN " + query);
    while (statement.step()) plan += std::string(statement.text(3)) + "\n";
    return plan;
  }

  /// Guest: Q at 100, C 95 later. Host: fetched at 1000 on its clock, which is 860 ahead, so at 140 in guest time.
  void addPairedChain() {
    addEpochs();
    write<GuestHalfRow>({{.queueId = QueueId{1},
                          .epoch = 2,
                          .position = 10,
                          .q = 100,
                          .m = 5,
                          .a = 9,
                          .k = 12,
                          .i = 70,
                          .d = 80,
                          .r = 90,
                          .c = 95}});
    write<HostHalfRow>({{.queueId = QueueId{2},
                         .position = 7,
                         .f = 1000,
                         .n = -30,
                         .k = -20,
                         .w = -10,
                         .t = -5,
                         .p = 20,
                         .u = 23,
                         .s = 25}});
    write<ChainRow>({pairedChain(10)});
  }

  /// What the views need to know of the epochs that chains lie in.
  void addEpochs() {
    write<QueueEpochRow>({{.queueId = QueueId{1}, .epoch = 2},
                          {.queueId = QueueId{2}, .epoch = 0},
                          {.queueId = QueueId{3}, .epoch = 1}});
  }

  static ChainRow pairedChain(std::int64_t position) {
    ChainRow chain{
        .queueId = QueueId{1}, .epoch = 2, .position = position, .start = 100, .pairId = 1, .hostShift = -860};
    chain.crossError = 4;
    chain.stock = 0;
    chain.reapWait = 2;
    chain.causes[Cause::Iotlb] = 5;
    chain.iotlbInduced = 2;
    chain.causes[Cause::Swiotlb] = 10;
    chain.causes[Cause::Ring] = 38;
    chain.causes[Cause::Notification] = 15;
    chain.causes[Cause::Backend] = 20;
    chain.causes[Cause::Unattributed] = 5;
    chain.points = kAllPoints;
    return chain;
  }

  const std::string m_pointColumns =
      "m_ns, a_ns, k_ns, n_ns, host_k_ns, w_ns, t_ns, f_ns, p_ns, u_ns, s_ns, i_ns, d_ns, r_ns, c_ns";
  std::filesystem::path m_path;
  Database m_database;
};

TEST_F(ViewsTest, ChainViewHasItsColumnsInThePromisedOrder) {
  EXPECT_EQ(columnsOf("chain_view")
                .find("vm device transport device_kind queue_index queue_name position start_ns total_ns iotlb_ns "
                      "swiotlb_ns ring_ns notification_ns backend_ns unattributed_ns iotlb_induced_ns suspect "
                      "m_ns a_ns k_ns n_ns host_k_ns w_ns t_ns f_ns p_ns u_ns s_ns i_ns d_ns r_ns c_ns "
                      "cross_error_ns stock_ns reap_wait_ns scope complete queue_id epoch"),
            0U);
}

TEST_F(ViewsTest, CauseViewHasItsColumnsInThePromisedOrder) {
  EXPECT_EQ(columnsOf("cause_view")
                .find("vm transport device queue_index queue_name cause scope chains total_ns share "
                      "p50_ns p99_ns p999_ns max_ns exact"),
            0U);
}

TEST_F(ViewsTest, APairedChainShowsTheGuestsNameAndAllPointsInGuestTime) {
  addPairedChain();
  EXPECT_THAT(rows("SELECT vm, device, transport, device_kind, queue_index, queue_name, position, start_ns, scope, "
                   "complete, suspect, host_queue_id, host_epoch, host_position FROM chain_view"),
              ElementsAre("web|virtio0|pci|blk|0|req0|10|1000100|full|1|0|2|0|7"));
  EXPECT_THAT(rows("SELECT " + m_pointColumns + " FROM chain_view"),
              ElementsAre("5|9|12|10|20|30|35|40|60|63|65|70|80|90|95"));
}

TEST_F(ViewsTest, TheTotalIsTheSumOfTheSixCausesAndInducedIsNotCountedTwice) {
  addPairedChain();
  EXPECT_THAT(rows("SELECT total_ns, iotlb_ns, iotlb_induced_ns, swiotlb_ns, ring_ns, notification_ns, backend_ns, "
                   "unattributed_ns, cross_error_ns, stock_ns, reap_wait_ns FROM chain_view"),
              ElementsAre("93|5|2|10|38|15|20|5|4|0|2"));
}

TEST_F(ViewsTest, PointViewNamesThePointsOfAChainInTheOrderOfItsLife) {
  addPairedChain();
  EXPECT_THAT(
      rows("SELECT letter, point, side, ns FROM point_view WHERE position = 10 ORDER BY rank"),
      ElementsAre("Q|add entered|guest|0", "M|mapped|guest|5", "A|published|guest|9", "K|doorbell rung|guest|12",
                  "n|packet arrived|host|10", "k|doorbell seen|host|20", "w|worker entered|host|30",
                  "t|fetch tried|host|35", "f|fetched|host|40", "p|backend done|host|60", "u|used published|host|63",
                  "s|interrupt sent|host|65", "I|interrupt taken|guest|70", "D|unmapping begun|guest|80",
                  "R|returned|guest|90", "C|driver done|guest|95"));
  std::vector<std::string> table;
  for (const PointInfo& info : kPointTable)
    table.push_back(fmt::format("{}|{}|{}", info.letter, info.name, onGuestClock(info.point) ? "guest" : "host"));
  EXPECT_EQ(rows("SELECT letter, point, side FROM point_view ORDER BY rank"), table);
  m_database.execute("UPDATE guest_half SET c_ns = NULL");
  EXPECT_THAT(rows("SELECT max(letter = 'C'), count(*), count(ns) FROM point_view"), ElementsAre("0|15|15"));
}

TEST_F(ViewsTest, FlagsOfAChainAreColumnsOfTheirOwn) {
  addPairedChain();
  const std::string flags = "SELECT suspect, complete, start_assumed, clock_unknown, scope FROM chain_view";
  EXPECT_THAT(rows(flags), ElementsAre("0|1|0|0|full"));
  for (const auto& [flag, shown] : {std::pair{kSuspect, "1|1|0|0|full"},
                                    {kIncomplete, "0|0|0|0|full"},
                                    {kStartAssumed, "0|1|1|0|full"},
                                    {kUnsynchronised, "0|1|0|1|full"}}) {
    m_database.execute("UPDATE chain SET flags = " + std::to_string(flag));
    EXPECT_THAT(rows(flags), ElementsAre(shown));
  }
}

TEST_F(ViewsTest, APointIsShownOnlyIfItBelongsToTheChainsOwnLife) {
  addPairedChain();
  using P = Point;
  const std::vector<std::pair<std::int64_t, std::string>> cases = {
      {bits({P::Q}), "-|-|-|-|-|-|-|-|-|-|-|-|-|-|-"},
      {bits({P::Q, P::M, P::k, P::f, P::C}), "5|-|-|-|20|-|-|40|-|-|-|-|-|-|95"},
      {bits({P::A, P::n, P::t, P::u, P::I, P::R}), "-|9|-|10|-|-|35|-|-|63|-|70|-|90|-"},
      {bits({P::K, P::w, P::p, P::s, P::D}), "-|-|12|-|-|30|-|-|60|-|65|-|80|-|-"}};
  for (const auto& [points, expected] : cases) {
    m_database.execute("UPDATE chain SET points = " + std::to_string(points));
    EXPECT_THAT(rows("SELECT " + m_pointColumns + " FROM chain_view"), ElementsAre(expected));
  }
}

TEST_F(ViewsTest, AChainOnlyTheHostSawIsTimedOnTheHostClock) {
  addEpochs();
  write<HostHalfRow>({{.queueId = QueueId{3}, .epoch = 1, .position = 4, .f = 2050, .k = -50, .p = 30, .u = 40}});
  ChainRow chain{.queueId = QueueId{3}, .epoch = 1, .position = 4, .start = 2000, .iotlbInduced = 0};
  chain.causes[Cause::Iotlb] = chain.causes[Cause::Swiotlb] = 0;
  chain.causes[Cause::Ring] = 10;
  chain.causes[Cause::Notification] = 50;
  chain.causes[Cause::Backend] = 30;
  chain.causes[Cause::Unattributed] = 0;
  chain.points = bits({Point::k, Point::f, Point::p, Point::u});
  chain.flags = kHostOnly | kSuspect | kStartAssumed;
  write<ChainRow>({chain});
  EXPECT_THAT(rows("SELECT device, transport, device_kind, queue_name, start_ns, total_ns, scope, complete, suspect, "
                   "cross_error_ns, pair_id FROM chain_view"),
              ElementsAre("0x77|ccw|net|tx0|5002000|90|host|1|1|-|-"));
  EXPECT_THAT(rows("SELECT " + m_pointColumns + " FROM chain_view"), ElementsAre("-|-|-|-|0|-|-|50|80|90|-|-|-|-|-"));
}

TEST_F(ViewsTest, AHostOnlyChainOfAPairedDeviceGoesUnderTheGuestsNames) {
  addEpochs();
  write<ChainRow>({{.queueId = QueueId{2}, .position = 40, .start = 9000, .flags = kHostOnly}});
  EXPECT_THAT(rows("SELECT vm, device, transport, device_kind, queue_name, scope FROM chain_view"),
              ElementsAre("web|virtio0|pci|blk|req0|host"));
}

TEST_F(ViewsTest, AnEpochBeforeTheGuestsDriverKeepsTheHostsName) {
  write<QueueEpochRow>({{.queueId = QueueId{2}, .epoch = 9}});
  write<ChainRow>({{.queueId = QueueId{2}, .epoch = 9, .position = 0, .start = 5, .flags = kHostOnly}});
  const auto names = rows("SELECT device, device_kind FROM chain_view");
  ASSERT_EQ(names.size(), 1U);
  EXPECT_THAT(names[0], Not(HasSubstr("virtio0")));
}

TEST_F(ViewsTest, AnIncompleteChainHasNoTotal) {
  addEpochs();
  write<GuestHalfRow>({{.queueId = QueueId{1}, .epoch = 2, .position = 11, .q = 300, .a = 6, .flags = kInFlightAtEnd}});
  write<ChainRow>({{.queueId = QueueId{1},
                    .epoch = 2,
                    .position = 11,
                    .start = 300,
                    .points = bits({Point::Q, Point::A}),
                    .flags = kIncomplete | kGuestOnly}});
  EXPECT_THAT(rows("SELECT total_ns, ring_ns, a_ns, c_ns, scope, complete, suspect FROM chain_view"),
              ElementsAre("-|-|6|-|guest|0|0"));
}

TEST_F(ViewsTest, HostPointsOfAChainWithoutAClockAreNotGuessed) {
  addPairedChain();
  m_database.execute("UPDATE chain SET host_shift_ns = NULL, flags = 64");
  EXPECT_THAT(rows("SELECT " + m_pointColumns + " FROM chain_view"), ElementsAre("5|9|12|-|-|-|-|-|-|-|-|70|80|90|95"));
}

TEST_F(ViewsTest, CausesAreReadWithoutTouchingTheHalves) {
  const std::string plan = planOf("SELECT device, position, total_ns, iotlb_ns, suspect FROM chain_view");
  EXPECT_THAT(plan, Not(HasSubstr("position=?")));
  EXPECT_THAT(plan, HasSubstr("SEARCH c USING PRIMARY KEY (queue_id=? AND epoch=?)"));
}

TEST_F(ViewsTest, OneSidesPointsAreReadWithoutTheOtherSide) {
  EXPECT_THAT(planOf("SELECT position, m_ns, c_ns FROM chain_view"),
              AllOf(HasSubstr("SEARCH g USING PRIMARY KEY (queue_id=? AND epoch=? AND position=?)"),
                    Not(HasSubstr("SEARCH h USING PRIMARY KEY"))));
  EXPECT_THAT(planOf("SELECT position, f_ns FROM chain_view"),
              AllOf(HasSubstr("SEARCH h USING PRIMARY KEY (queue_id=? AND epoch=? AND position=?)"),
                    Not(HasSubstr("SEARCH g USING PRIMARY KEY"))));
}

TEST_F(ViewsTest, TheChainsOfOneQueueAreFoundByKey) {
  const std::string plan =
      planOf("SELECT * FROM chain_view WHERE device = 'virtio0' AND queue_index = 0 ORDER BY position LIMIT 10");
  EXPECT_THAT(plan, AllOf(HasSubstr("SEARCH c USING PRIMARY KEY (queue_id=? AND epoch=?)"), Not(HasSubstr("SCAN c")),
                          Not(HasSubstr("SCAN g\n")), Not(HasSubstr("SCAN h\n"))));
  EXPECT_THAT(planOf("SELECT * FROM chain_view WHERE queue_id = 1 AND epoch = 2 AND position = 10"),
              HasSubstr("SEARCH c USING PRIMARY KEY (queue_id=? AND epoch=? AND position=?)"));
}

TEST_F(ViewsTest, CauseViewGivesEachQueuesSharesOfItsOwnLatency) {
  const auto row = [](const char* level, std::int64_t queue, const char* cause, std::int64_t total) {
    CauseTotalRow cell{
        .level = level, .transport = "pci", .deviceId = DeviceId{1}, .queueId = QueueId{queue}, .cause = cause};
    cell.scope = "full";
    cell.chains = 2;
    cell.total = total;
    cell.p50 = 1;
    cell.p99 = 2;
    cell.p999 = 3;
    cell.max = 4;
    return cell;
  };
  write<CauseTotalRow>({row("queue", 1, "latency", 400), row("queue", 1, "iotlb", 100), row("queue", 1, "ring", 300),
                        row("queue", 4, "latency", 0), row("queue", 4, "ring", 0), row("device", 0, "latency", 400)});
  EXPECT_THAT(rows("SELECT vm, transport, device, queue_index, queue_name, cause, scope, chains, total_ns, share, "
                   "p50_ns, p99_ns, p999_ns, max_ns, exact FROM cause_view ORDER BY queue_index, cause"),
              ElementsAre("web|pci|virtio0|0|req0|iotlb|full|2|100|0.25|1|2|3|4|1",
                          "web|pci|virtio0|0|req0|latency|full|2|400|1.0|1|2|3|4|1",
                          "web|pci|virtio0|0|req0|ring|full|2|300|0.75|1|2|3|4|1",
                          "web|pci|virtio0|1|req1|latency|full|2|0|-|1|2|3|4|1",
                          "web|pci|virtio0|1|req1|ring|full|2|0|-|1|2|3|4|1"));
}

TEST_F(ViewsTest, DeviceViewMergesAPairAndKeepsTheRest) {
  EXPECT_THAT(rows("SELECT vm, device, guest_name, host_name, paired_by, transport, transport_source, device_kind, "
                   "kind_source, bus_id, access_platform, dma_api, dma_api_reason, vhost, active, guest_device_id, "
                   "host_device_id FROM device_view ORDER BY device"),
              ElementsAre("web|0x77|-|0x77|-|ccw|unknown|net|unknown|-|-|-|-|1|-|-|3",
                          "web|virtio0|virtio0|0x55e0|position|pci|facts|blk|inferred|0000:00:04.0|1|1|"
                          "ACCESS_PLATFORM|-|-|1|2",
                          "web|virtio1|virtio1|-|-|unknown|unknown|unknown|unknown|-|-|-|-|-|0|4|-"));
}

TEST_F(ViewsTest, TheHostsWordOnTranslationCountsFirst) {
  EXPECT_THAT(rows("SELECT translation, translation_reason FROM device_view WHERE device = 'virtio0'"),
              ElementsAre("viommu|misses seen"));
  m_database.execute("UPDATE device SET translation = NULL, translation_reason = NULL WHERE device_id = 2");
  EXPECT_THAT(rows("SELECT translation, translation_reason FROM device_view WHERE device = 'virtio0'"),
              ElementsAre("not in path|the guest's guess"));
}

TEST_F(ViewsTest, QueueViewCountsPerSideAndEpoch) {
  write<QueueEpochRow>(
      {{.queueId = QueueId{1}, .epoch = 2, .start = 40, .anchor = "start", .adds = 12, .doorbellsRung = 5},
       {.queueId = QueueId{2}, .end = 800, .fetches = 11, .misses = 3}});
  EXPECT_THAT(
      rows("SELECT device, queue_name, side, epoch, start_ns, end_ns, size, anchor, adds, doorbells_rung, fetches, "
           "misses FROM queue_view ORDER BY side"),
      ElementsAre("virtio0|req0|guest|2|1000040|-|128|start|12|5|0|0",
                  "virtio0|req0|host|0|-|5000800|-|order|0|0|11|3"));
}

TEST_F(ViewsTest, ADoorbellIsOneRowHoweverManyChainsItStandsFor) {
  write<GuestHalfRow>({{.queueId = QueueId{1}, .position = 10, .q = 100, .k = 60},
                       {.queueId = QueueId{1}, .position = 11, .q = 120, .k = 40},
                       {.queueId = QueueId{1}, .position = 12, .q = 130},
                       {.queueId = QueueId{4}, .position = 0, .q = 150, .k = 10}});
  write<HostHalfRow>({{.queueId = QueueId{2}, .position = 7, .f = 1000, .k = -20}});
  write<DoorbellRow>({{.queueId = QueueId{1}, .ns = 500}, {.queueId = QueueId{1}, .ns = 500, .seq = 1}});
  EXPECT_THAT(
      rows("SELECT device, queue_name, side, ns, chains, first_position FROM doorbell_view ORDER BY side, "
           "queue_name, ns"),
      ElementsAre("virtio0|req0|guest|1000160|2|10", "virtio0|req0|guest|1000500|0|-", "virtio0|req0|guest|1000500|0|-",
                  "virtio0|req1|guest|1000160|1|0", "virtio0|req0|host|5000980|1|7"));
}

TEST_F(ViewsTest, AnInterruptIsOneRowHoweverManyChainsItStandsFor) {
  write<GuestHalfRow>({{.queueId = QueueId{1}, .position = 10, .q = 100, .i = 60},
                       {.queueId = QueueId{1}, .position = 11, .q = 120, .i = 40},
                       {.queueId = QueueId{1}, .position = 12, .q = 130}});
  write<HostHalfRow>(
      {{.queueId = QueueId{2}, .position = 7, .f = 1000, .s = 20}, {.queueId = QueueId{2}, .position = 8, .f = 1000}});
  write<InterruptRow>({{.queueId = QueueId{2}, .ns = 3}});
  EXPECT_THAT(rows("SELECT side, ns, chains, first_position FROM interrupt_view ORDER BY side, ns"),
              ElementsAre("guest|1000160|2|10", "host|5000003|0|-", "host|5001020|1|7"));
}

TEST_F(ViewsTest, MissViewDerivesTheTimesOfTranslationAndRequeue) {
  write<IotlbMissRow>({{.queueId = QueueId{2},
                        .raised = 100,
                        .epoch = 0,
                        .position = 7,
                        .iova = -4096,
                        .read = 110,
                        .updated = 150,
                        .grantedBytes = 4096,
                        .retried = 175},
                       {.queueId = QueueId{2}, .raised = 300, .iova = 0x1f000}});
  EXPECT_THAT(rows("SELECT device, queue_name, position, iova, raised_ns, read_ns, updated_ns, retried_ns, "
                   "translate_ns, requeue_ns, granted_bytes FROM miss_view ORDER BY raised_ns"),
              ElementsAre("virtio0|req0|7|0xfffffffffffff000|5000100|5000110|5000150|5000175|50|25|4096",
                          "virtio0|req0|-|0x1f000|5000300|-|-|-|-|-|-"));
}

TEST_F(ViewsTest, ClockViewIsOnTheHostsOwnTimestamps) {
  ClockSegmentRow segment{.segmentId = 1, .guestCaptureId = 1, .hostCaptureId = 2, .begin = 10, .end = 90};
  segment.offset = -3'999'140;
  segment.error = 4;
  segment.quality = "accurate";
  write<ClockSegmentRow>({segment});
  EXPECT_THAT(rows("SELECT guest_path, host_path, begin_ns, end_ns, offset_ns, error_ns, quality FROM clock_view"),
              ElementsAre("g|h|5000010|5000090|-3999140|4|accurate"));
}

TEST_F(ViewsTest, HealthLossAndAnomaliesAreToldPerCapture) {
  write<LossRow>({{.lossId = 1, .captureId = 2, .begin = 5, .end = 9, .count = 7, .reason = "discarded"},
                  {.lossId = 2, .captureId = 2, .queueId = QueueId{2}, .begin = 20, .end = 30, .reason = "gap"}});
  AnomalyRow mismatch{.anomalyId = 1, .captureId = 1, .queueId = QueueId{1}, .kind = "head-mismatch", .count = 3};
  mismatch.first = 40;
  mismatch.last = 60;
  mismatch.detail = "x";
  write<AnomalyRow>({mismatch,
                     {.anomalyId = 2, .captureId = 1, .kind = "odd", .severity = "info", .count = 2},
                     {.anomalyId = 3, .kind = "order", .severity = "error", .count = 1}});
  EXPECT_THAT(rows("SELECT capture_id, side, path, events, discarded, loss_ranges, lost_events, uncounted_ranges, "
                   "infos, warnings, errors FROM health_view"),
              ElementsAre("1|guest|g|9|0|0|0|0|2|3|0", "2|host|h|0|7|2|7|1|0|0|0"));
  EXPECT_THAT(rows("SELECT side, device, queue_name, begin_ns, end_ns, count, reason FROM loss_view ORDER BY begin_ns"),
              ElementsAre("host|-|-|5000005|5000009|7|discarded", "host|virtio0|req0|5000020|5000030|-|gap"));
  EXPECT_THAT(rows("SELECT severity, kind, count, side, device, queue_name, first_ns, last_ns, detail "
                   "FROM anomaly_view ORDER BY kind"),
              ElementsAre("warning|head-mismatch|3|guest|virtio0|req0|1000040|1000060|x", "info|odd|2|guest|-|-|-|-|",
                          "error|order|1|-|-|-|-|-|"));
}

TEST_F(ViewsTest, UnpairedHalvesAreNamed) {
  write<UnpairedRow>({{.unpairedId = 1, .queueId = QueueId{3}, .epoch = 1, .chains = 8, .reason = "no guest capture"}});
  EXPECT_THAT(rows("SELECT vm, device, queue_name, side, epoch, chains, reason FROM unpaired_view"),
              ElementsAre("web|0x77|tx0|host|1|8|no guest capture"));
}

}  // namespace
}  // namespace descry
