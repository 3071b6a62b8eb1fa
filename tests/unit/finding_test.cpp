// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <set>

#include "finding_case.hpp"
#include "schemas/model/error.hpp"

namespace descry {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char *kNeedless = "critical needless-translation", *kUnneeded = "warning access-platform-unneeded";

TEST_F(Findings, NothingIsSaidOfAHealthyDevice) {
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Findings, NothingIsSaidOfAnEmptyDatabase) {
  for (const char* table : {"capture", "device", "device_pair", "queue", "queue_epoch", "guest_half", "cause_total"})
    sql(fmt::format("DELETE FROM {}", table));
  sql("DELETE FROM clock_segment");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Findings, NeedlessTranslationIsProvenByEitherSideAndSilentWithoutBoth) {
  misses();
  ASSERT_THAT(found(), Contains(kNeedless));
  EXPECT_THAT(text("why", "needless-translation"), HasSubstr("Host: the 40 updates"));
  EXPECT_THAT(text("why", "needless-translation"), Not(HasSubstr("Guest:")));
  // 40 chains take 4 ms, 2.4 ms of it in stalls.
  EXPECT_THAT(text("why", "needless-translation"),
              HasSubstr("Stalls take 60.0 us of the mean latency of 100 us over 40 chains"));
  EXPECT_THAT(text("change", "needless-translation"), HasSubstr("virtio-net-pci,iommu_platform=off"));
  EXPECT_THAT(text("cost", "needless-translation"), HasSubstr("protected guest"));

  accessPlatform();
  mappings("2");
  sql("DELETE FROM iotlb_event");
  ASSERT_THAT(found(), Contains(kNeedless));
  EXPECT_THAT(text("why", "needless-translation"), HasSubstr("Guest: 80 of 80 DMA mappings"));
  EXPECT_THAT(text("why", "needless-translation"), Not(HasSubstr("Host:")));

  mappings("NULL");
  EXPECT_THAT(found(), Not(Contains(kNeedless)));
}

TEST_F(Findings, NeedlessTranslationIsRefutedByAnIommuInUseOrByRealMappings) {
  misses();
  sql("UPDATE device SET iommu_group_type = 'DMA-FQ' WHERE device_id = 1");
  EXPECT_THAT(found(), Not(Contains(kNeedless)));
  sql("UPDATE device SET iommu_group_type = 'none' WHERE device_id = 1");
  ASSERT_THAT(found(), Contains(kNeedless));
  sql("UPDATE iotlb_event SET address = 0x7000000000 + 4096 * ((iova / 4096 * 17) % 41)");
  EXPECT_THAT(found(), Not(Contains(kNeedless)));
}

TEST_F(Findings, NeedlessTranslationOnCcwSaysThatNoIommuCanExist) {
  misses();
  EXPECT_THAT((found(), text("why", "needless-translation")), Not(HasSubstr("Channel I/O")));
  sql("UPDATE device SET transport = 'ccw' WHERE device_id = 1");
  EXPECT_THAT((found(), text("why", "needless-translation")), HasSubstr("Channel I/O has no IOMMU"));
}

TEST_F(Findings, AGuestAloneSaysThatTheHostWasNotRecorded) {
  accessPlatform();
  mappings("2");
  sql("DELETE FROM device_pair");
  sql("DELETE FROM device WHERE device_id = 2");
  sql("DELETE FROM queue WHERE queue_id = 2");
  sql("DELETE FROM queue_epoch WHERE queue_id = 2");
  ASSERT_THAT(found(), Contains("warning needless-translation"));
  EXPECT_THAT(text("title", "needless-translation"), HasSubstr("was not recorded"));
}

TEST_F(Findings, MissesAreSilentBelowTheirShareAndTheirSample) {
  misses();
  ASSERT_THAT(found(), Contains("critical iotlb-misses"));
  takes("iotlb", 100'000);
  EXPECT_THAT(found(), Not(Contains(HasSubstr("iotlb-misses"))));
  takes("iotlb", 2'400'000);
  sql("DELETE FROM iotlb_miss WHERE seq >= 19");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("iotlb-misses"))));
}

TEST_F(Findings, MissesAreToldApart) {
  misses();
  found();
  EXPECT_THAT(text("title", "iotlb-misses"), HasSubstr("used for the first time"));
  // Four pages, each installed once by its own update.
  sql("UPDATE iotlb_miss SET iova = 4096 * (seq % 4)");
  found();
  EXPECT_THAT(text("title", "iotlb-misses"), HasSubstr("fell out of the table"));
  EXPECT_THAT(text("why", "iotlb-misses"), HasSubstr("36 on a page that fell out"));
  EXPECT_THAT(text("why", "iotlb-misses"), HasSubstr("A page was gone 3 updates after its own"));
  sql("INSERT INTO iotlb_event SELECT 2, raised_ns + 500000, 100 + seq, 'invalidate', iova, 4096, NULL FROM "
      "iotlb_miss");
  found();
  EXPECT_THAT(text("title", "iotlb-misses"), HasSubstr("unmapped since"));
  EXPECT_THAT(text("why", "iotlb-misses"),
              HasSubstr("36 on a page that was unmapped since its last use (40 invalidations), 0 on"));
  EXPECT_THAT(text("why", "iotlb-misses"), Not(HasSubstr("A page was gone")));
  sql("UPDATE iotlb_event SET ns = 1, seq = seq + 1000 WHERE kind = 'invalidate'");  // before the pages were installed
  found();
  EXPECT_THAT(text("title", "iotlb-misses"), HasSubstr("fell out of the table"));
  sql("DELETE FROM iotlb_event WHERE kind = 'invalidate' AND seq > 1100");
  sql("UPDATE iotlb_event SET ns = 20500000, bytes = NULL, iova = 0 WHERE kind = 'invalidate'");  // all of the table
  found();
  EXPECT_THAT(text("why", "iotlb-misses"),
              HasSubstr("4 on a page that was unmapped since its last use (1 invalidation), 32 on"));
  sql("UPDATE iotlb_miss SET position = NULL");
  found();
  EXPECT_THAT(text("title", "iotlb-misses"), HasSubstr("on the rings"));
  sql("UPDATE iotlb_miss SET position = 1, raised_ns = seq, iova = 0");  // each before the first answer
  found();
  EXPECT_THAT(text("title", "iotlb-misses"), HasSubstr("repeated before"));
}

TEST_F(Findings, UnmappingIsCalledStrictOrLazyByTheIommuGroupAlone) {
  misses();
  sql("UPDATE iotlb_miss SET iova = 4096 * (seq % 4)");
  sql("INSERT INTO iotlb_event SELECT 2, raised_ns + 500000, 100 + seq, 'invalidate', iova, 4096, NULL FROM "
      "iotlb_miss");
  sql("UPDATE device SET iommu_group_type = 'DMA' WHERE device_id = 1");
  EXPECT_THAT((found(), text("title", "iotlb-misses")), HasSubstr("(strictly)"));
  EXPECT_THAT(text("change", "iotlb-misses"), HasSubstr("iommu.strict=0"));
  sql("UPDATE device SET iommu_group_type = 'DMA-FQ' WHERE device_id = 1");
  EXPECT_THAT((found(), text("title", "iotlb-misses")), HasSubstr("(lazily)"));
  EXPECT_THAT(text("change", "iotlb-misses"), Not(HasSubstr("iommu.strict=0")));
  sql("UPDATE device SET iommu_group_type = NULL WHERE device_id = 1");
  EXPECT_THAT((found(), text("title", "iotlb-misses")), Not(HasSubstr("(")));
}

// 36 of 40 misses are of pages that were unmapped, so lazy unmapping takes nine tenths of what passthrough takes.
TEST_F(Findings, AlternativesToMissesAreRankedByTheirGain) {
  misses();
  sql("UPDATE iotlb_miss SET iova = 4096 * (seq % 4)");
  sql("INSERT INTO iotlb_event SELECT 2, raised_ns + 500000, 100 + seq, 'invalidate', iova, 4096, NULL FROM "
      "iotlb_miss");
  sql("UPDATE device SET iommu_group_type = 'DMA' WHERE device_id = 1");
  found();
  const double all = std::stod(m_database
                                   ->queryText("SELECT percent FROM cause_share_view WHERE cause = 'iotlb'"
                                               " AND device_id = 1 AND queue_id IS NULL")
                                   .value_or("0"));
  const std::string change = text("change", "iotlb-misses");
  EXPECT_THAT(change, HasSubstr(fmt::format("(1) {:.1f} %: 'iommu=pt'", all)));
  EXPECT_THAT(change, HasSubstr(fmt::format("(2) {:.1f} %: QEMU '-netdev tap,...,vhost=off'", all)));
  EXPECT_THAT(change, HasSubstr(fmt::format("(3) {:.1f} %: 'iommu.strict=0'", 0.9 * all)));
  sql("UPDATE device SET iommu_group_type = NULL WHERE device_id = 1");
  EXPECT_THAT((found(), text("change", "iotlb-misses")), Not(HasSubstr("%: 'iommu=pt'")));
}

TEST_F(Findings, WaitingForTheStallsOfOthersIsToldFromOwnStalls) {
  misses();
  found();
  EXPECT_THAT(text("why", "iotlb-misses"), HasSubstr("of 2.40 ms in all, chains spent 400 us waiting for the stalls of "
                                                     "other chains and 2.00 ms in stalls of their own"));
  EXPECT_THAT(text("change", "iotlb-misses"), Not(HasSubstr("waiting for other chains")));
  takes("iotlb_induced", 1'400'000);
  EXPECT_THAT((found(), text("change", "iotlb-misses")), HasSubstr("waiting for other chains"));
}

TEST_F(Findings, SlowAnswersAreSilentWhenTheyAreFastOrUnread) {
  misses(500'000);
  ASSERT_THAT(found(), Contains("warning slow-miss-answer"));
  EXPECT_THAT(text("title", "slow-miss-answer"), HasSubstr("500 us (median), mostly inside the VMM"));
  sql("UPDATE iotlb_miss SET read_ns = updated_ns - 1000");
  found();
  EXPECT_THAT(text("title", "slow-miss-answer"), HasSubstr("waiting for the VMM to wake up"));
  sql("UPDATE iotlb_miss SET read_ns = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("slow-miss-answer"))));
  sql("UPDATE iotlb_miss SET read_ns = raised_ns + 1000, updated_ns = raised_ns + 50000");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("slow-miss-answer"))));
}

TEST_F(Findings, AccessPlatformIsNeededByAnythingThatProtectsOrTranslates) {
  accessPlatform();
  mappings("2");
  ASSERT_THAT(found(), Contains(kUnneeded));
  for (const auto& [reason, undo] : std::initializer_list<std::pair<const char*, const char*>>{
           {"UPDATE device SET swiotlb_forced = 1", "UPDATE device SET swiotlb_forced = 0"},
           {"UPDATE device SET iommu_group_type = 'DMA'", "UPDATE device SET iommu_group_type = 'none'"},
           {"UPDATE device SET iommu_group_type = NULL", "UPDATE device SET iommu_group_type = 'none'"},
           {"UPDATE guest_half SET dma_identity = 1", "UPDATE guest_half SET dma_identity = 2"},
           {"UPDATE guest_half SET dma_maps = NULL", "UPDATE guest_half SET dma_maps = 2"},
           {"UPDATE guest_half SET bounces = 1", "UPDATE guest_half SET bounces = NULL"},
           {"UPDATE device SET access_platform = 0", "UPDATE device SET access_platform = 1"},
           {"UPDATE device SET translation = NULL", "UPDATE device SET translation = 'not in path'"}}) {
    sql(reason);
    EXPECT_THAT(found(), Not(Contains(kUnneeded))) << reason;
    sql(undo);
    EXPECT_THAT(found(), Contains(kUnneeded)) << undo;
  }
}

TEST_F(Findings, BouncesAreSilentWithoutTheirTimeOrTheirCopies) {
  bounces();
  ASSERT_THAT(found(), Contains("critical forced-bounce"));
  EXPECT_THAT(text("why", "forced-bounce"), HasSubstr("164 kB are copied back"));  // 40 chains of 4096
  EXPECT_THAT(text("why", "forced-bounce"), HasSubstr("400 us of it is spent on searching"));
  EXPECT_THAT(text("confidence", "forced-bounce"), "medium");
  EXPECT_THAT(text("why", "forced-bounce"), Not(HasSubstr("per second")));  // no chain says how long it took
  hostHalves();
  // 40 chains in 39 ms, each with 8192 bytes out and 4096 back: 491,520 bytes are 12.6 MB/s. Copying takes 30 + 15 us
  // each, so 1.8 ms: 273 MB/s. With the search for slots 2.2 of 39 ms. 4 - 2.2 ms remain for 40 chains.
  ASSERT_THAT(found(), Contains("critical forced-bounce"));
  EXPECT_THAT(
      text("why", "forced-bounce"),
      HasSubstr("492 kB are copied in 39.0 ms: 12.6 MB per second, at a memory bandwidth of 273 MB per second"));
  EXPECT_THAT(text("why", "forced-bounce"), HasSubstr("takes 5.6 % of one CPU"));
  EXPECT_THAT(text("why", "forced-bounce"), HasSubstr("at most 45.0 us on average instead of 100 us"));
  takes("swiotlb", 200'000);
  EXPECT_THAT(found(), Not(Contains(HasSubstr("forced-bounce"))));
  takes("swiotlb", 2'200'000);
  sql("UPDATE guest_half SET bounces = NULL");
  EXPECT_THAT(found(), Not(Contains(HasSubstr("forced-bounce"))));
}

TEST_F(Findings, DoorbellsExitOnlyWhereTheVmmSawThemInAnotherThread) {
  sql("UPDATE queue_epoch SET doorbells_other_thread = 40 WHERE queue_id = 2");
  ASSERT_THAT(found(), Contains("info doorbell-exits"));
  EXPECT_THAT(text("why", "doorbell-exits"), HasSubstr("2.00 us (median)"));
  sql("UPDATE queue_epoch SET doorbells_other_thread = 0 WHERE queue_id = 2");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Findings, TheBackendIsNamedOnlyWhenItTakesMost) {
  takes("backend", 3'000'000);
  ASSERT_THAT(found(), Contains("info backend-dominates"));
  takes("backend", 1'900'000);
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Findings, DamageOfACaptureIsNamed) {
  struct Damage {
    const char *sql, *severity, *undo;
  };
  for (const Damage& damage : std::initializer_list<Damage>{
           {"UPDATE capture SET discarded = -1", "warning", "UPDATE capture SET discarded = 0"},
           {"UPDATE capture SET probes_missed = 3", "warning", "UPDATE capture SET probes_missed = 0"},
           {"INSERT INTO loss VALUES (1, 1, NULL, 0, 1, NULL, 'gap')", "warning", "DELETE FROM loss"},
           {"INSERT INTO anomaly VALUES (1, 1, NULL, 'x', 'warning', 1, 0, 0, 'd')", "warning", "DELETE FROM anomaly"},
           {"INSERT INTO anomaly VALUES (1, 1, NULL, 'x', 'error', 1, 0, 0, 'd')", "critical", "DELETE FROM anomaly"},
           {"UPDATE clock_segment SET quality = 'fail'", "critical", "UPDATE clock_segment SET quality = 'accurate'"},
           {"UPDATE clock_segment SET error_ns = 200000", "info", "UPDATE clock_segment SET error_ns = 1000"},
           {"UPDATE capture SET side = 'host'", "info", "UPDATE capture SET side = 'guest' WHERE capture_id = 1"}}) {
    sql(damage.sql);
    EXPECT_THAT(found(), Contains(std::string(damage.severity) + " capture-health")) << damage.sql;
    sql(damage.undo);
    EXPECT_THAT(found(), IsEmpty()) << damage.undo;
  }
  sql("INSERT INTO anomaly VALUES (1, 1, NULL, 'x', 'info', 1, 0, 0, 'd')");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Findings, EachKindOfDamageHasItsOwnAdvice) {
  struct Damage {
    const char *sql, *advice;
  };
  for (const Damage& damage : std::initializer_list<Damage>{
           {"INSERT INTO anomaly VALUES (1, 1, NULL, 'clock-not-ns', 'error', 1, 0, 0, 'd')", "-C mono"},
           {"INSERT INTO anomaly VALUES (1, 1, NULL, 'unreadable-line', 'warning', 1, 0, 0, 'd')", "attached file"},
           {"INSERT INTO anomaly VALUES (1, 1, NULL, 'truncated', 'warning', 1, 0, 0, '1 of 3 events')",
            "1 of 3 events"},
           {"UPDATE capture SET source = 'ctf'; INSERT INTO loss VALUES (1, 1, NULL, 0, 1, 5, 'discarded')",
            "--subbuf-size"},
           {"UPDATE capture SET source = 'ftrace_text'; INSERT INTO loss VALUES (1, 1, NULL, 0, 1, 5, 'overwritten')",
            "trace-cmd record -b"}}) {
    sql(damage.sql);
    found();
    EXPECT_THAT(text("change", "capture-health"), HasSubstr(damage.advice)) << damage.sql;
    sql("DELETE FROM anomaly; DELETE FROM loss");
  }
  // What a full buffer had overwritten before the recording began is no damage.
  sql("INSERT INTO loss VALUES (1, 1, NULL, 0, 1, 5, 'wrapped')");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(Findings, ProbesThatTakeMuchOfTheLatencyAreNamed) {
  // 40 chains of 4 ms together: 2 % on the guest, 2.5 % on the host.
  sql("INSERT INTO meta VALUES ('probe_hits.1', '400'), ('probe_ns.1', '80000'), ('probe_hits.2', '200'),"
      " ('probe_ns.2', '100000')");
  EXPECT_THAT(found(), IsEmpty());
  sql("UPDATE meta SET value = '160000' WHERE key = 'probe_ns.1'");  // 4 % and 2.5 %
  ASSERT_THAT(found(), Contains("warning capture-cost"));
  EXPECT_THAT(text("why", "capture-cost"), HasSubstr("On the guest, 10.0 probe hits per chain take 4.00 us, 4.0 %"));
  EXPECT_THAT(text("why", "capture-cost"), HasSubstr("On the host, 5.0 probe hits per chain take 2.50 us, 2.5 %"));
  EXPECT_THAT(text("change", "capture-cost"), HasSubstr("--detail light"));
  // A host that measured nothing adds nothing, and chains that came to no end have no latency to compare with.
  sql("DELETE FROM meta WHERE key = 'probe_ns.2'");
  EXPECT_THAT(found(), IsEmpty());
  sql("UPDATE meta SET value = '400000' WHERE key = 'probe_ns.1'");
  ASSERT_THAT(found(), Contains("warning capture-cost"));
  takes("latency", 0);
  EXPECT_THAT(found(), Not(Contains(HasSubstr("capture-cost"))));
}

TEST_F(Findings, TheWorstComesFirstAndCarriesItsEvidence) {
  misses(500'000);
  takes("backend", 3'000'000);
  const auto list = found();
  EXPECT_THAT(list, testing::ElementsAre(kNeedless, "critical iotlb-misses", "warning slow-miss-answer",
                                         "info backend-dominates"));
  auto rows = m_database->prepare("SELECT sql, evidence FROM finding_view");
  while (rows.step()) {
    const auto again = EvidenceQuery(*m_database, rows.text(0)).of({});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->json(), std::string(rows.text(1)));
  }
}

TEST_F(Findings, RulesThatNeedASideSayThatItWasNotRecorded) {
  found();
  EXPECT_THAT(lacking("the host was not recorded"), IsEmpty());
  EXPECT_THAT(lacking("the guest was not recorded"), IsEmpty());
  sql("DELETE FROM device_pair; DELETE FROM device WHERE device_id = 2; DELETE FROM queue WHERE queue_id = 2;"
      " DELETE FROM queue_epoch WHERE queue_id = 2");
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_THAT(
      lacking("the host was not recorded"),
      testing::ElementsAre("backend-dominates", "doorbell-exits", "interrupt-coalescing", "iotlb-misses",
                           "late-reaping", "lost-notification", "queue-stopped", "shared-worker", "slow-doorbell",
                           "slow-interrupt", "slow-miss-answer", "slow-wakeup", "used-batching"));
}

TEST_F(Findings, WithoutTheGuestItsRulesSayThatItWasNotRecorded) {
  sql("DELETE FROM device_pair; DELETE FROM device WHERE device_id = 1; DELETE FROM queue WHERE queue_id = 1;"
      " DELETE FROM queue_epoch WHERE queue_id = 1; DELETE FROM guest_half");
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_THAT(
      lacking("the guest was not recorded"),
      testing::ElementsAre("doorbell-exits", "doorbell-per-request", "failed-adds", "forced-bounce", "hot-queue",
                           "interrupt-per-request", "late-reaping", "lost-notification", "no-indirect", "queue-stopped",
                           "ring-full", "slow-doorbell", "slow-interrupt", "swiotlb-pool"));
  EXPECT_THAT(lacking("whether ACCESS_PLATFORM is on was not recorded"),
              testing::ElementsAre("access-platform-unneeded"));
}

TEST_F(Findings, RulesThatSpeakOrSeeThatAllIsWellLackNothing) {
  misses();
  ASSERT_THAT(found(), Contains(kNeedless));
  for (const char* rule : {"needless-translation", "iotlb-misses", "slow-miss-answer", "access-platform-unneeded"})
    EXPECT_EQ(m_database->queryInteger(fmt::format("SELECT count(*) FROM unjudged WHERE rule = '{}'", rule)), 0)
        << rule;
  sql("DELETE FROM iotlb_miss WHERE seq >= 7");  // 7 misses on 7 pages cannot prove anything
  EXPECT_THAT(found(), IsEmpty());
  EXPECT_THAT(lacking("7 translated pages were seen, 16 are needed"), testing::ElementsAre("needless-translation"));
  EXPECT_THAT(lacking("what the probes cost was not measured"), testing::ElementsAre("capture-cost"));
}

TEST_F(Findings, APredictionIsToldAsItIsStored) {
  misses();
  ASSERT_THAT(found(), Contains(kNeedless));
  EXPECT_THAT(text("why", "needless-translation"), Not(HasSubstr("predicts")));
  // 100 us on average, 30 to 50 without: 60 % less, 50 to 70.
  sql("INSERT INTO prediction VALUES (1, 'iotlb', 40, 100000, 30000, 50000, 90000, 45000, 45000)");
  ASSERT_THAT(found(), Contains(kNeedless));
  EXPECT_THAT(text("why", "needless-translation"),
              HasSubstr("predicts a mean latency of 40.0 us instead of 100 us, 60.0 % less (50.0 % to 70.0 %, "
                        "depending on how the load reacts), and a median of 45.0 us instead of 90.0 us."));
  // Both findings are about the same cause of the same device: once is enough.
  EXPECT_THAT(text("why", "iotlb-misses"), Not(HasSubstr("predicts")));
  EXPECT_THAT(text("evidence", "needless-translation"), HasSubstr("\"predicted_gain_percent\":60.0"));
}

TEST_F(Findings, OnlyAGainThatMattersIsTold) {
  misses();
  // 13.14 ms on average, 12.5 without: 4.9 %.
  sql("INSERT INTO prediction VALUES (1, 'iotlb', 40, 13140000, 12500000, 12500000, 2300000, 2300000, 2300000)");
  ASSERT_THAT(found(), Contains(kNeedless));
  EXPECT_THAT(text("why", "needless-translation"), Not(HasSubstr("predict")));
  // 10 %, but less than 1 us.
  sql("UPDATE prediction SET mean_ns = 9000, mean_low_ns = 8100, mean_high_ns = 8100");
  ASSERT_THAT(found(), Contains(kNeedless));
  EXPECT_THAT(text("why", "needless-translation"), Not(HasSubstr("predict")));
  // The mean shows a gain, the median does not.
  sql("UPDATE prediction SET mean_ns = 13140000, mean_low_ns = 11826000, mean_high_ns = 11826000");
  ASSERT_THAT(found(), Contains(kNeedless));
  EXPECT_THAT(text("why", "needless-translation"),
              HasSubstr("11.8 ms instead of 13.1 ms, 10.0 % less (however the load"));
  EXPECT_THAT(text("why", "needless-translation"), Not(HasSubstr("median of")));
}

TEST(FindingQueries, EachRuleHasItsFileAndEachFileItsRule) {
  std::set<std::string> files, rules;
  for (const auto& entry : std::filesystem::directory_iterator(DESCRY_SOURCE_DIR "/schemas/sql/findings"))
    if (entry.path().extension() == ".sql") files.insert(entry.path().stem().string());
  for (const Rule& rule : findingRules()) {
    std::string name(rule.id);
    std::ranges::replace(name, '-', '_');
    rules.insert(name);
    EXPECT_FALSE(sql::finding(rule.id).empty()) << rule.id;
  }
  EXPECT_EQ(rules, files);
}

TEST_F(Findings, AQueryIsStoredWithItsValuesInPlaceOfItsParameters) {
  misses();
  found();
  const std::string stored = text("sql", "needless-translation");
  EXPECT_THAT(stored, Not(HasSubstr(":")));
  EXPECT_THAT(stored, HasSubstr("device_id = 2"));  // the host's row, where the misses are
  EXPECT_THAT(stored, Not(HasSubstr("\n")));
  EXPECT_THROW(EvidenceQuery(*m_database, "SELECT :no_such_id AS a").of({}), Error);
}

}  // namespace
}  // namespace descry
