// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "analyzer/report/text_page.hpp"
#include "report_case.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class TextReport : public ReportCase {
 protected:
  std::string text(ReportLevel by = ReportLevel::Device, int slowest = 10) {
    ReportOptions options;
    options.detail = Detail::Full;
    options.by = by;
    options.slowest = slowest;
    return report(options);
  }
};

/// One line per paragraph and single spaces, so that wrapping and alignment do not matter.
std::string flat(const std::string& text) {
  return std::regex_replace(text, std::regex("\\s+"), " ");
}

TEST_F(TextReport, TheFirstLineIsTheAnswer) {
  fillWorld();
  // 500, 110, 50 and 40 of 700 us; the last two do not fit on the line.
  EXPECT_THAT(text(), StartsWith("virtio0 (pci, blk): 200 us median; 71.4 % swiotlb, 15.7 % notification\n"));
  ReportOptions wide;
  wide.detail = Detail::Full;
  wide.width = 120;
  EXPECT_THAT(report(wide), HasSubstr("7.1 % backend, 5.7 % ring\n"));
}

TEST_F(TextReport, FindingsStandBetweenTheAnswerAndTheTables) {
  fillWorld();
  EXPECT_THAT(text(), Not(HasSubstr("\nFindings\n")));
  put(FindingRow{1, "some-rule", "warning", "high", DeviceId{1}, kUnseenQueue, 40, "It is so.", "Do it.", "ring", 0,
                 "{}", "SELECT 40", "Because.", "Do that.", "Costs that.", "Unless."});
  put(FindingRow{2,
                 "other-rule",
                 "info",
                 "low",
                 DeviceId{1},
                 kUnseenQueue,
                 7,
                 "Good to know.",
                 "Do it too.",
                 {},
                 0,
                 "{}",
                 "SELECT 7",
                 "As it is.",
                 "Long advice.",
                 "r",
                 "c"});
  const std::string page = flat(text());
  EXPECT_THAT(page,
              HasSubstr("Findings warning: It is so. Why: Because. Change: Do that. Cost: Costs that. How to check:"
                        " Unless. Rule: some-rule, sample 40, confidence high info: Good to know."
                        " Why: As it is. Rule: other-rule, sample 7, confidence low Latency chains"));
  EXPECT_THAT(page, Not(HasSubstr("Long advice.")));  // the JSON report has it
}

TEST_F(TextReport, TheFirstScreenSaysWhatIsWrongAndWhatToDo) {
  fillWorld();
  const auto found = [&](std::int64_t id, const char* rule, const char* severity, std::int64_t device,
                         const char* title, const char* action, const char* cause, Ns explained) {
    put(FindingRow{id, rule, severity, "high", DeviceId{device}, kUnseenQueue, 40, title, action,
                   cause == nullptr ? OptionalText() : OptionalText(cause), explained, "{}", "SELECT 1", "Because.",
                   "Do.", "Costs.", "Unless."});
  };
  found(1, "first", "critical", 1, "It bounces.", "Boot without it: swiotlb=off", "swiotlb", 500'000);
  found(2, "second", "warning", 1, "It bounces a little.", "Wait", "swiotlb", 400'000);
  found(3, "third", "warning", 1, "It is late.", "Hurry: nice -n -20", "notification", 110'000);
  found(4, "fourth", "info", 1, "Good to know.", "Nothing", nullptr, 0);
  found(5, "capture-health", "info", 0, "The capture is sound, with limits", "Record more: descry record", nullptr, 0);
  const std::string page = report({});
  // virtio0 takes 700 us, 50 of them in the backend; virtio1 160 us, 20 of them there: 610 of 790 us.
  EXPECT_THAT(flat(page),
              HasSubstr("critical: It bounces. Do: Boot without it: swiotlb=off warning: It bounces a little. Do: Wait "
                        "warning: It is late. Do: Hurry: nice -n -20 These are 3 of 4 findings; they explain 77.2 % of "
                        "the latency above the backend's own. Health: "));
  EXPECT_THAT(flat(page), HasSubstr("Next time: Record more: descry record More: descry report --full "));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("Because.")), Not(HasSubstr("SELECT")), Not(HasSubstr("Latency  "))));
  EXPECT_LE(std::count(page.begin(), page.end(), '\n'), 24);
}

TEST_F(TextReport, TheSqlOfAFindingComesWhenAskedFor) {
  fillWorld();
  put(FindingRow{1,
                 "some-rule",
                 "warning",
                 "high",
                 DeviceId{1},
                 kUnseenQueue,
                 40,
                 "It is so.",
                 "Do it.",
                 {},
                 0,
                 "{}",
                 "SELECT 40",
                 "Because.",
                 "Do that.",
                 "Costs that.",
                 "Unless."});
  EXPECT_THAT(text(), Not(HasSubstr("SELECT 40")));
  ReportOptions options;
  options.detail = Detail::Sql;
  EXPECT_THAT(report(options), HasSubstr("  SQL: SELECT 40\n"));
}

TEST_F(TextReport, HeadlinesFollowTheLevelAskedFor) {
  fillWorld();
  // pci: 860 us: swiotlb 500, notification 190, backend 70, ring 50, iotlb 50; sorted 60 100 100 200 400 us
  EXPECT_THAT(text(ReportLevel::Transport), StartsWith("pci: 100 us median; 58.1 % swiotlb, 22.1 % notification"));
  EXPECT_THAT(text(ReportLevel::Queue), HasSubstr("virtio1 tx0 (pci, net): 60.0 us median; 100.0 % notification\n"));
}

TEST_F(TextReport, TablesShowPercentilesAndSharesPerRow) {
  fillWorld();
  const std::string page = flat(text());
  EXPECT_THAT(page, HasSubstr("Latency chains p50 p99 p99.9 max pci virtio0 blk 3 200 us 400 us 400 us 400 us"
                              " virtio1 net 2 100 us 100 us 100 us 100 us"));
  // virtio1: 160 us: iotlb 50, ring 10, notification 80, backend 20
  EXPECT_THAT(
      page,
      HasSubstr("virtio0 blk not in path 71.4 % 5.7 % 15.7 % 7.1 % - virtio1 net 31.2 % - 6.2 % 50.0 % 12.5 % -"));
}

TEST_F(TextReport, TellsNoMissesFromNoIotlbAndOwnFromInducedStalls) {
  fillWorld();
  const std::string page = flat(text());
  EXPECT_THAT(page, HasSubstr("virtio0: IOTLB not in path: no iommu_platform."));
  EXPECT_THAT(page, HasSubstr("virtio1: IOTLB in path (device iotlb). 3 misses, 1 of them on ring metadata; iotlb is "
                              "31.2 %, of which 18.8 % induced: waiting for other chains' or the ring's misses."));
}

TEST_F(TextReport, ZeroMissesIsSaidOnlyWhenTheIotlbIsInThePath) {
  capture(1, "guest");
  capture(2, "host");
  for (const auto& [id, translation] : std::vector<std::pair<int, OptionalText>>{{1, "device iotlb"}, {2, {}}}) {
    DeviceRow row = device(id, 2, "dev" + std::to_string(id), "pci", "net");
    row.translation = translation;
    put(row);
    queue(id, id, 0, "rx0");
    put({"pci", DeviceId{id}, QueueId{id}, Scope::Host}, chain(id, 0, kUnseen, {0, 0, 0, 0, 0, 10, 0}));
  }
  m_aggregator.write(*m_database);
  const std::string page = flat(text());
  EXPECT_THAT(page, HasSubstr("dev1 net 0 misses"));
  EXPECT_THAT(page, HasSubstr("dev2 net unknown"));
}

TEST_F(TextReport, IdleWaitingIsNamedButNotLatency) {
  fillWorld();
  const std::string page = flat(text());
  EXPECT_THAT(page,
              HasSubstr("virtio1 rx0: 1 buffer waited as stock for a packet, 5.00 s on average, at most 5.00 s; not "
                        "part of the latency."));
  EXPECT_THAT(page,
              HasSubstr("virtio1 tx0: 1 buffer waited to be reaped after the device had finished, 1.00 ms on average"));
}

TEST_F(TextReport, ClockLineHasOffsetDriftBoundAndQuality) {
  fillWorld();
  EXPECT_THAT(flat(text()), HasSubstr("Clock guest = host -1.234567890 s, ±8.10 us; drift 1.50 ppm ±0.25; quality "
                                      "accurate; 1 segment, 1,200 constraints"));
}

TEST_F(TextReport, HealthNamesLossAnomaliesUnpairedAndSuspectChains) {
  fillWorld();
  const std::string page = flat(text());
  EXPECT_THAT(page, HasSubstr("Health loss in 2 time ranges, 1 error, 2 warnings, 1,234 halves unpaired."));
  EXPECT_THAT(page, HasSubstr("loss (discarded) host: 2 ranges, 1.50 ms together, 7 events or more"));
  EXPECT_THAT(page,
              HasSubstr("error clock jump, 1 time: time went back by 3 us warning head mismatch, 2 times: used head"));
  EXPECT_THAT(page, HasSubstr("unpaired virtio1 tx0 (host), 1,234 chains: two alignments are possible"));
  EXPECT_THAT(page,
              HasSubstr("5 chains complete, 1 incomplete (of these 1 still in flight at the end), 1 seen by the guest "
                        "only, 1 suspect because they overlap lost events; the numbers above include them."));
}

TEST_F(TextReport, SaysWhenTheSumsLeaveSuspectChainsOut) {
  capture(1, "guest");
  put(device(1, 1, "virtio0", "pci", "blk"));
  queue(1, 1, 0, "req0");
  put({"pci", DeviceId{1}, QueueId{1}, Scope::Guest}, chain(1, 0, kUnseen, {0, 0, 0, 5, 0, 0, 0}));
  ChainRow suspect = chain(1, 1, kUnseen, {0, 0, 0, 5, 0, 0, 0});
  suspect.flags = kSuspect;
  put(suspect);  // not given to the aggregator
  m_aggregator.write(*m_database);
  EXPECT_THAT(flat(text()), HasSubstr("1 suspect because they overlap lost events; the numbers above exclude them."));
}

TEST_F(TextReport, SaysHowManyProbeHitsAChainCarries) {
  fillWorld();
  for (const std::int64_t position : {20, 21}) {
    GuestHalfRow half;
    half.queueId = QueueId{12};
    half.position = position;
    half.hits = position == 20 ? 100 : 300;
    put(half);
  }
  EXPECT_THAT(flat(text()), HasSubstr("Probes guest probe hits per chain: virtio1 200;"));
}

TEST_F(TextReport, SaysWhatTheProbesCost) {
  fillWorld();
  EXPECT_THAT(flat(text()), Not(HasSubstr("Probes guest:")));
  m_database->execute("INSERT INTO meta VALUES ('probe_hits.1', '30000'), ('probe_ns.1', '1')");
  EXPECT_THAT(flat(text()), HasSubstr("Probes guest:"));
  EXPECT_THAT(flat(text()), Not(HasSubstr("--detail light")));
  m_database->execute("UPDATE meta SET value = '900000000000' WHERE key = 'probe_ns.1'");
  EXPECT_THAT(flat(text()), HasSubstr("of its latency; record with --detail light."));
}

TEST_F(TextReport, LongNamesLeaveRoomForTheirQueue) {
  capture(1, "host");
  put(device(1, 1, "0x5599f64e0e50abcdef", "pci", "blk"));
  queue(1, 1, 0, "req0");
  put({"pci", DeviceId{1}, QueueId{1}, Scope::Host}, chain(1, 0, kUnseen, {0, 0, 0, 0, 0, 10, 0}));
  m_aggregator.write(*m_database);
  EXPECT_THAT(text(ReportLevel::Queue), HasSubstr("  0x5599f64e.. req0 "));
  ReportOptions wide;
  wide.detail = Detail::Full;
  wide.by = ReportLevel::Queue;
  wide.width = 100;
  EXPECT_THAT(report(wide), HasSubstr("  0x5599f64e0e50abcdef req0 "));
}

TEST_F(TextReport, LoneHalvesOfAPairedDeviceAreCountedButNeitherSummedNorShown) {
  fillWorld();
  ChainRow lone = chain(22, 50, kUnseen, {0, 0, 0, 0, 0, 900, 0});
  lone.flags = kHostOnly;
  put(lone);  // 900 us, given to no sum
  const std::string page = flat(text());
  EXPECT_THAT(page, HasSubstr("6 chains complete"));
  EXPECT_THAT(page, HasSubstr("1 seen by the host only (1 of these excluded from the numbers above)"));
  EXPECT_THAT(page, HasSubstr("the numbers above include them"));
  EXPECT_THAT(page, Not(HasSubstr("900 us")));
}

TEST_F(TextReport, SlowestChainsComeWithTheirLongestStepAndABar) {
  fillWorld();
  const std::string page = text();
  // 400 us are drawn over the whole bar: 75 % swiotlb, 5 % ring, 15 % notification, 5 % backend.
  const std::regex slowest("  400 us  virtio0 req0 +7  Q→A 310 us +(s+)(r+)(n+)(b+)\n");
  std::smatch match;
  ASSERT_TRUE(std::regex_search(page, match, slowest)) << page;
  const auto columns = match[1].length() + match[2].length() + match[3].length() + match[4].length();
  EXPECT_NEAR(static_cast<double>(match[1].length()), 0.75 * static_cast<double>(columns), 1);
  EXPECT_NEAR(static_cast<double>(match[3].length()), 0.15 * static_cast<double>(columns), 1);
  EXPECT_TRUE(std::regex_search(page, std::regex("200 us  virtio0 req0 +8 ")));
  EXPECT_TRUE(std::regex_search(page, std::regex("60.0 us  virtio1 tx0 +0!")));
  EXPECT_LT(page.find("400 us  virtio0 req0"), page.find("200 us  virtio0 req0"));
}

TEST_F(TextReport, StepsBetweenTheClocksShorterThanTheirUncertaintyAreNotTakenAtTheirWord) {
  fillWorld();
  m_database->execute("UPDATE chain SET cross_error_ns = 500000 WHERE position = 7");
  EXPECT_THAT(text(), HasSubstr("Q→A 310 us"));                                  // both on the guest clock: exact
  m_database->execute("UPDATE guest_half SET a_ns = 10000 WHERE position = 7");  // now A→f, 330 us, is the longest
  EXPECT_THAT(text(), HasSubstr("A→f <500 us"));
}

TEST_F(TextReport, ShowsAsManySlowestChainsAsAskedFor) {
  fillWorld();
  const std::string two = text(ReportLevel::Device, 2);
  EXPECT_THAT(two, HasSubstr("200 us  virtio0 req0"));
  EXPECT_FALSE(std::regex_search(two, std::regex("60.0 us  virtio1 tx0")));
  EXPECT_THAT(text(ReportLevel::Device, 0), Not(HasSubstr("Slowest chains")));
}

TEST_F(TextReport, NamesDevicesWithoutACompleteChainAndPointsNeverSeen) {
  fillWorld();
  const std::string page = flat(text());
  EXPECT_THAT(page, HasSubstr("virtio2 (ccw, blk): no complete chain."));
  EXPECT_THAT(page, HasSubstr("virtio0, virtio1: not recorded: mapped (M), doorbell rung (K), doorbell seen (k)"));
}

TEST_F(TextReport, FitsTheTerminalAndCarriesNoColourUnlessAsked) {
  fillWorld();
  for (const int width : {80, 120}) {
    ReportOptions options;
    options.detail = Detail::Sql;
    options.width = width;
    std::istringstream lines(report(options));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
      const bool command = line.find("sqlite3 ") != std::string::npos;  // one to copy: never broken
      EXPECT_LE(command ? 0 : columnsOf(line), width) << line;
    }
  }
}

TEST_F(TextReport, ColoursChangeNothingButTheBars) {
  fillWorld();
  ReportOptions options;
  options.detail = Detail::Full;
  const std::string plain = report(options);
  options.colour = true;
  const std::string coloured = report(options);
  EXPECT_THAT(coloured, HasSubstr("\x1b[33m"));
  const std::string stripped = std::regex_replace(coloured, std::regex("\x1b\\[[0-9]+m"), "");
  const auto head = [](const std::string& page) { return page.substr(0, page.find("Slowest chains")); };
  EXPECT_EQ(head(stripped), head(plain));
}

TEST_F(TextReport, GuestOnlySaysWhatCannotBeSeen) {
  capture(1, "guest");
  put(device(1, 1, "virtio0", "pci", "blk"));
  queue(1, 1, 0, "req0");
  put({"pci", DeviceId{1}, QueueId{1}, Scope::Guest}, chain(1, 0, kUnseen, {0, 0, 10, 5, 0, 0, 85}));
  m_aggregator.write(*m_database);
  const std::string page = flat(text());
  EXPECT_THAT(page, StartsWith("virtio0 (pci, blk): 100 us median (guest only); 85.0 % unattributed "));
  EXPECT_THAT(page, AllOf(HasSubstr("Clock one side only: no cross-clock phases"),
                          HasSubstr("Not seen No host capture: exit, wakeup, wait, stall, service"),
                          HasSubstr("g: guest side only")));
  EXPECT_THAT(page, Not(HasSubstr("fetched)")));  // host points bring nothing new here
}

TEST_F(TextReport, HostOnlySaysWhatCannotBeSeen) {
  capture(1, "host");
  put(device(1, 1, "0x55e0", "unknown", "net"));
  queue(1, 1, 0, "tx0");
  ChainRow row = chain(1, 0, kUnseen, {0, 0, 0, 5, 0, 95, 0});
  row.flags = kHostOnly | kStartAssumed;
  put({"unknown", DeviceId{1}, QueueId{1}, Scope::Host}, row);
  m_aggregator.write(*m_database);
  const std::string page = flat(text());
  EXPECT_THAT(page, StartsWith("0x55e0 (unknown transport, net): 100 us median (host only); 95.0 % backend"));
  EXPECT_THAT(
      page,
      AllOf(HasSubstr("one side only: no cross-clock phases"), HasSubstr("No guest capture: prepare,"),
            HasSubstr("0x55e0 tx0: 1 chain counted from the doorbell that opened the burst: at most this long.")));
}

TEST_F(TextReport, AnEmptyDatabaseIsExplained) {
  EXPECT_THAT(text(), StartsWith("No complete chain: the case was made of facts, without a trace."));
}

TEST_F(TextReport, ChainsWithoutAnyEndAreExplained) {
  capture(1, "guest");
  put(device(1, 1, "virtio0", "pci", "blk"));
  queue(1, 1, 0, "req0");
  ChainRow open;
  open.queueId = QueueId{1};
  open.flags = kIncomplete;
  put(open);
  const std::string page = flat(text());
  EXPECT_THAT(page, StartsWith("No complete chain: 1 chain was seen, but not to its end; see Health below."));
  EXPECT_THAT(page, HasSubstr("0 chains complete, 1 incomplete."));
}

TEST_F(TextReport, FactsWithoutAnAnalysisAreExplained) {
  capture(1, "guest");
  put(device(1, 1, "virtio0", "pci", "blk"));
  queue(1, 1, 0, "req0");
  GuestHalfRow half;
  half.queueId = QueueId{1};
  put(half);
  EXPECT_THAT(flat(text()), HasSubstr("have not been analysed; run 'descry analyze' on this file."));
}

TEST_F(TextReport, ChainsThatTookNoTimeDivideByNothing) {
  capture(1, "guest");
  put(device(1, 1, "virtio0", "pci", "blk"));
  queue(1, 1, 0, "req0");
  put({"pci", DeviceId{1}, QueueId{1}, Scope::Guest}, chain(1, 0, kUnseen, {0, 0, 0, 0, 0, 0, 0}));
  m_aggregator.write(*m_database);
  const std::string page = flat(text());
  EXPECT_THAT(page, StartsWith("virtio0 (pci, blk): 0 ns median (guest only); no latency"));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf "))));
}

TEST_F(TextReport, PercentilesFromHistogramsAreMarked) {
  capture(1, "guest");
  put(device(1, 1, "virtio0", "pci", "blk"));
  queue(1, 1, 0, "req0");
  CauseAggregator small(2);
  for (int i = 0; i < 3; ++i) {
    const ChainRow row = chain(1, i, kUnseen, {0, 0, 0, 0, 0, 100, 0});
    put(row);
    small.add({"pci", DeviceId{1}, QueueId{1}, Scope::Guest}, row);
  }
  small.write(*m_database);
  EXPECT_THAT(text(), AllOf(HasSubstr("~100 us"), HasSubstr("at most 1.1 % off")));
}

TEST_F(TextReport, TextsOfTracesCannotSteerTheTerminal) {
  fillWorld();
  put(AnomalyRow{9, 1, kUnseenQueue, "odd", "error", 5, 1, 1, "name \x1b[2J of an event"});
  EXPECT_THAT(text(), HasSubstr("name ?[2J of an event"));
}

TEST_F(TextReport, TheSqlAtTheEndGivesTheNumbersOfTheTable) {
  fillWorld();
  const std::string page = flat(text());
  const std::size_t begin = page.find("\"SELECT ") + 1;
  Statement rows = m_database->prepare(page.substr(begin, page.find('"', begin) - begin));
  Ns swiotlb = 0;
  while (rows.step())
    if (rows.text(0) == "virtio0" && rows.text(1) == "swiotlb") swiotlb += rows.integer(2);
  EXPECT_EQ(swiotlb, 500'000);
}

TEST_F(TextReport, AnUnknownFormatIsRefusedWithTheKnownOnes) {
  ReportOptions options;
  options.format = "xml";
  try {
    report(options);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "unknown report format 'xml'; formats are: text, markdown, html, pdf, csv, json, junit");
  }
}

}  // namespace
}  // namespace descry
