// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "report_case.hpp"

namespace descry {
namespace {

using Json = nlohmann::ordered_json;

/// Every report these tests make is kept where DESCRY_REPORT_DIR says: check_report_schema.py validates them all.
class JsonReport : public ReportCase {
 protected:
  Json json(int slowest = 10) {
    ReportOptions options;
    options.format = "json";
    options.slowest = slowest;
    const std::string text = report(options);
    if (const char* folder = std::getenv("DESCRY_REPORT_DIR")) {
      std::ofstream(std::filesystem::path(folder) / m_path.filename().replace_extension(".json")) << text;
    }
    return Json::parse(text);
  }
};

TEST_F(JsonReport, HasItsTopLevelKeysInOrder) {
  fillWorld();
  const Json report = json();
  std::vector<std::string> keys;
  for (const auto& [key, value] : report.items()) keys.push_back(key);
  EXPECT_THAT(keys, testing::ElementsAre("schema_version", "time_unit", "tool", "captures", "clock", "health",
                                         "findings", "transports", "devices", "queues", "slowest"));
}

TEST_F(JsonReport, AFindingIsShownWithItsEvidenceAsNumbers) {
  fillWorld();
  put(FindingRow{1, "some-rule", "warning", "high", DeviceId{1}, kUnseenQueue, 40, "It is so.", "Do it.", "ring", 12,
                 R"({"misses":40,"percent":2.5,"who":null})", "SELECT 40", "Because.", "Do that.", "Costs that.",
                 "Unless."});
  put(FindingRow{2,
                 "other-rule",
                 "info",
                 "low",
                 kUnseenDevice,
                 kUnseenQueue,
                 0,
                 "t",
                 "do",
                 {},
                 0,
                 R"({"x":"y"})",
                 "SELECT 1",
                 "w",
                 "a",
                 "r",
                 "c"});
  const Json findings = json()["findings"];
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0], Json::parse(R"({"rule": "some-rule", "severity": "warning", "confidence": "high", "vm": "vm",
      "device": "virtio0", "queue": null, "sample": 40, "title": "It is so.",
      "evidence": {"misses": 40, "percent": 2.5, "who": null}, "sql": "SELECT 40", "why": "Because.", "change": "Do that.",
      "cost": "Costs that.", "how_to_check": "Unless.", "action": "Do it.", "cause": "ring", "explained_ns": 12})"));
  EXPECT_TRUE(findings[1]["device"].is_null());
}

TEST_F(JsonReport, ACaptureSaysWhatItsProbesCost) {
  fillWorld();
  EXPECT_TRUE(json()["captures"][0]["probes"].is_null());
  m_database->execute("INSERT INTO meta VALUES ('probe_hits.1', '40'), ('probe_ns.1', '7000')");
  const Json report = json();
  std::int64_t chains = 0, latency = 0;
  for (const Json& device : report["devices"]) {
    chains += device["chains"].get<std::int64_t>();
    latency += device["total_ns"].get<std::int64_t>();
  }
  const Json& probes = report["captures"][0]["probes"];
  EXPECT_EQ(probes["hits"], 40);
  EXPECT_EQ(probes["total_ns"], 7000);
  EXPECT_EQ(probes["chains"], chains);
  EXPECT_NEAR(probes["share"].get<double>(), 7000.0 / static_cast<double>(latency), 1e-6);
}

TEST_F(JsonReport, SumsAndSharesOfADeviceAreThoseOfItsChains) {
  fillWorld();
  const Json report = json();
  ASSERT_EQ(report["devices"].size(), 2U);
  const Json& blk = report["devices"][0];
  EXPECT_EQ(blk["device"], "virtio0");
  EXPECT_EQ(blk["transport"], "pci");
  EXPECT_EQ(blk["translation"], "not in path");
  EXPECT_EQ(blk["paired_by"], "position");
  EXPECT_EQ(blk["scope"], "full");
  EXPECT_EQ(blk["chains"], 3);
  EXPECT_EQ(blk["total_ns"], 700'000);
  EXPECT_EQ(blk["latency_ns"], Json::parse(R"({"p50":200000,"p99":400000,"p999":400000,"max":400000})"));
  EXPECT_EQ(blk["causes"]["swiotlb"]["total_ns"], 500'000);
  EXPECT_EQ(blk["causes"]["swiotlb"]["p99_ns"], 300'000);
  EXPECT_NEAR(blk["causes"]["swiotlb"]["share"].get<double>(), 5.0 / 7, 1e-6);
  EXPECT_EQ(blk["causes"]["iotlb"]["total_ns"], 0);
  EXPECT_EQ(blk["misses"], 0);

  const Json& net = report["devices"][1];
  EXPECT_EQ(net["translation"], "device iotlb");
  EXPECT_EQ(net["causes"]["iotlb"]["total_ns"], 50'000);
  EXPECT_EQ(net["causes"]["iotlb"]["induced_ns"], 30'000);
  EXPECT_EQ(net["misses"], 3);
  EXPECT_EQ(net["metadata_misses"], 1);
  EXPECT_EQ(net["stock"]["total_ns"], 5'000'000'000);
  EXPECT_EQ(net["reap_wait"]["max_ns"], 1'000'000);
}

TEST_F(JsonReport, SharesOfEveryLevelAddUpToOne) {
  fillWorld();
  const Json report = json();
  int levels = 0;
  for (const char* key : {"transports", "devices", "queues"}) {
    for (const Json& level : report[key]) {
      double sum = 0;
      Ns total = 0;
      for (const auto& [name, cause] : level["causes"].items()) {
        sum += cause["share"].get<double>();
        total += cause["total_ns"].get<Ns>();
      }
      EXPECT_NEAR(sum, 1, 1e-5);
      EXPECT_EQ(total, level["total_ns"]);
      ++levels;
    }
  }
  EXPECT_EQ(levels, 1 + 2 + 3);
}

TEST_F(JsonReport, QueuesAreNamedByTheGuest) {
  fillWorld();
  const Json report = json();
  ASSERT_EQ(report["queues"].size(), 3U);
  EXPECT_EQ(report["queues"][2]["queue_name"], "tx0");
  EXPECT_EQ(report["queues"][2]["queue_index"], 1);
  EXPECT_EQ(report["queues"][2]["device"], "virtio1");
  EXPECT_EQ(report["queues"][1]["misses"], 3);
  EXPECT_EQ(report["transports"][0]["latency_ns"]["p50"], 100'000);  // 60 100 100 200 400 us
  EXPECT_FALSE(report["transports"][0].contains("device"));
}

TEST_F(JsonReport, HealthAndClockAreComplete) {
  fillWorld();
  const Json report = json();
  const Json& health = report["health"];
  EXPECT_EQ(health["chains"]["all"], 6);
  EXPECT_EQ(health["chains"]["complete"], 5);
  EXPECT_EQ(health["chains"]["in_flight"], 1);
  EXPECT_EQ(health["chains"]["paired"], 5);
  EXPECT_EQ(health["chains"]["suspect"], 1);
  EXPECT_EQ(health["chains"]["suspect_included"], true);
  EXPECT_EQ(health["losses"][0]["span_ns"], 1'500'000);
  EXPECT_EQ(health["losses"][0]["events"], 7);
  EXPECT_EQ(health["losses"][0]["uncounted_ranges"], 1);
  EXPECT_EQ(health["anomalies"][0]["kind"], "clock-jump");
  EXPECT_EQ(health["unpaired"][0]["chains"], 1234);
  EXPECT_EQ(report["clock"]["sides"], "both");
  EXPECT_EQ(report["clock"]["segments"][0]["offset_ns"], -1'234'567'890);
  EXPECT_EQ(report["clock"]["largest_error_ns"], 8100);
  EXPECT_EQ(report["captures"][1]["discarded"], 7);
}

TEST_F(JsonReport, SlowestChainsCarryTheirPointsOnTheGuestClock) {
  fillWorld();
  const Json slow = json(1)["slowest"];
  ASSERT_EQ(slow.size(), 1U);
  EXPECT_EQ(slow[0]["position"], 7);
  EXPECT_EQ(slow[0]["total_ns"], 400'000);
  EXPECT_EQ(slow[0]["start_ns"], 8'000'000);  // 7 ms after an origin of 1 ms
  EXPECT_EQ(slow[0]["causes_ns"]["swiotlb"], 300'000);
  EXPECT_EQ(slow[0]["cross_error_ns"], 8100);
  std::string points;
  for (const auto& point : slow[0]["points"])
    points += fmt::format("{} {} {}; ", point["letter"].get<std::string>(), point["point"].get<std::string>(),
                          point["ns"].get<int>());
  EXPECT_EQ(points,
            "Q add entered 0; A published 310000; f fetched 340000; u used published 360000; R returned 395000; "
            "C driver done 400000; ");
}

TEST_F(JsonReport, TheSameDatabaseGivesTheSameText) {
  fillWorld();
  ReportOptions options;
  options.format = "json";
  EXPECT_EQ(report(options), report(options));
}

TEST_F(JsonReport, AnEmptyDatabaseGivesAnEmptyReport) {
  const Json report = json();
  EXPECT_EQ(report["clock"]["sides"], "none");
  EXPECT_TRUE(report["devices"].empty());
  EXPECT_TRUE(report["slowest"].empty());
  EXPECT_EQ(report["tool"]["version"], nullptr);
  EXPECT_FALSE(report["health"]["missing"].empty());
}

TEST_F(JsonReport, WhatIsNotKnownIsNullAndNeverZero) {
  capture(1, "guest", -1);
  put(device(1, 1, "virtio0", "unknown", "unknown"));
  queue(1, 1, kUnseen, "queue");
  put({"unknown", DeviceId{1}, QueueId{1}, Scope::Guest}, chain(1, 0, kUnseen, {0, 0, 0, 1, 0, 0, 0}));
  m_aggregator.write(*m_database);
  const Json report = json();
  EXPECT_EQ(report["captures"][0]["discarded"], nullptr);
  EXPECT_EQ(report["captures"][0]["loses_events"], true);
  EXPECT_EQ(report["devices"][0]["translation"], nullptr);
  EXPECT_EQ(report["devices"][0]["misses"], nullptr);
  EXPECT_EQ(report["queues"][0]["queue_index"], nullptr);
  EXPECT_EQ(report["queues"][0]["causes"]["backend"]["share"], 0.0);
  EXPECT_EQ(report["slowest"][0]["cross_error_ns"], nullptr);
}

TEST_F(JsonReport, NamesThatAreNoUtf8DoNotLoseTheReport) {
  fillWorld();
  put(AnomalyRow{9, 1, kUnseenQueue, "odd", "error", 5, 1, 1, "name \xff\xfe"});
  EXPECT_EQ(json()["health"]["anomalies"][0]["detail"], "name \xEF\xBF\xBD\xEF\xBF\xBD");
}

}  // namespace
}  // namespace descry
