// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "schemas/store/table_io.hpp"
#include "tests/property/world_checks.hpp"

namespace descry::property {

namespace {

const std::filesystem::path kFolder = std::filesystem::path(DESCRY_SOURCE_DIR) / "samples" / "simulate" / "scenarios";

struct Expected {
  const char* scenario;
  const char* winner;  ///< cause with the largest share of all latency; null: none is promised
  bool clean;          ///< nothing was lost, so that every number must be exact
};

class Scenarios : public testing::TestWithParam<Expected> {};

std::string winnerOf(const Database& database) {
  std::string winner;
  Ns most = -1;
  for (const char* const cause : {"iotlb", "swiotlb", "ring", "notification", "backend", "unattributed"}) {
    const auto sum = database.queryInteger("SELECT sum(" + std::string(cause) + "_ns) FROM chain_view").value_or(0);
    if (sum > most) winner = cause;
    most = std::max<Ns>(most, sum);
  }
  return winner;
}

}  // namespace

TEST_P(Scenarios, ShowWhatTheyArePutThereFor) {
  const PlayedWorld world(simulate::readScenario(kFolder / (std::string(GetParam().scenario) + ".txt")));
  const Failures failures = GetParam().clean ? checkClean(world) : checkAny(world);
  EXPECT_TRUE(failures.empty()) << join(failures);
  if (GetParam().winner != nullptr) {
    EXPECT_EQ(winnerOf(world.database()), GetParam().winner);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Scenarios,
    testing::Values(Expected{"healthy-blk", "backend", true}, Expected{"vhost-iotlb-thrash", "iotlb", true},
                    Expected{"induced-stalls", "iotlb", true}, Expected{"swiotlb-forced", "swiotlb", true},
                    Expected{"worker-contention", "ring", true}, Expected{"event-idx-batching", "backend", true},
                    Expected{"lossy-host", nullptr, false}, Expected{"late-attach", nullptr, false},
                    Expected{"clock-step", nullptr, false}, Expected{"packed-mq", "backend", true},
                    Expected{"needless-translation", "iotlb", true}, Expected{"viommu-strict", "iotlb", true},
                    Expected{"iotlb-capacity", "iotlb", true}, Expected{"small-ring", nullptr, true},
                    Expected{"slow-worker", "notification", true}, Expected{"no-event-idx", "backend", true},
                    Expected{"swiotlb-contention", "swiotlb", true}, Expected{"slow-interrupt", "notification", true},
                    Expected{"no-indirect", nullptr, true}, Expected{"hot-queue", nullptr, true},
                    Expected{"lost-doorbell", nullptr, false}, Expected{"lost-interrupt", nullptr, false},
                    Expected{"stopped-worker", nullptr, false}, Expected{"silent-backend", nullptr, false},
                    Expected{"late-notifications", nullptr, false}, Expected{"frozen-disk", nullptr, false},
                    Expected{"multiqueue-net", nullptr, true}),
    [](const auto& scenario) {
      std::string name = scenario.param.scenario;
      for (char& c : name)
        if (c == '-') c = '_';
      return name;
    });

TEST(ScenarioFiles, AreAllTested) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    files += entry.path().extension() == ".txt" ? 1 : 0;
  EXPECT_EQ(files, 27U);
}

TEST(ScenarioFiles, InducedStallsAreMostlyInduced) {
  const PlayedWorld world(simulate::readScenario(kFolder / "induced-stalls.txt"));
  const auto iotlb =
      world.database().queryInteger("SELECT sum(iotlb_ns) FROM chain_view WHERE queue_name = 'tx0'").value_or(0);
  const auto induced = world.database()
                           .queryInteger("SELECT sum(iotlb_induced_ns) FROM chain_view WHERE queue_name = 'tx0'")
                           .value_or(0);
  EXPECT_GT(induced * 2, iotlb);
}

TEST(ScenarioFiles, NeedlessTranslationIsTheIdentityEverywhere) {
  const PlayedWorld world(simulate::readScenario(kFolder / "needless-translation.txt"));
  EXPECT_EQ(
      world.database().queryInteger("SELECT count(DISTINCT address - iova) FROM iotlb_event WHERE kind = 'update'"), 1);
  EXPECT_EQ(world.database().queryInteger("SELECT sum(dma_maps) - sum(dma_identity) FROM guest_half"), 0);
}

TEST(ScenarioFiles, ClockStepHasTwoSegments) {
  const PlayedWorld world(simulate::readScenario(kFolder / "clock-step.txt"));
  EXPECT_EQ(world.database().queryInteger("SELECT count(*) FROM clock_segment"), 2);
}

TEST(ScenarioFiles, WhatNeverCameBackIsStuckAndAtItsStep) {
  for (const auto& [name, stage] : {std::pair{"lost-doorbell", "rung"}, std::pair{"lost-interrupt", "signalled"},
                                    std::pair{"stopped-worker", "seen"}, std::pair{"silent-backend", "fetched"}}) {
    const PlayedWorld world(simulate::readScenario(kFolder / (std::string(name) + ".txt")));
    std::int64_t lost = 0;
    for (const simulate::ChainTruth& chain : world.simulation().truth.chains)
      lost += !seen(chain[Point::R]) && chain.outCount > 0 ? 1 : 0;
    ASSERT_GT(lost, 0) << name;
    EXPECT_EQ(world.database().queryInteger("SELECT count(*) FROM stuck_chain WHERE back = 0"), lost) << name;
    EXPECT_EQ(world.database().queryText("SELECT oldest_stage FROM standstill_view"), stage) << name;
    EXPECT_EQ(world.database().queryInteger("SELECT min(host_seen) FROM stuck_chain"), 1) << name;
    EXPECT_TRUE(world.outcome().stuck) << name;
    EXPECT_FALSE(world.outcome().damaged) << name;
  }
}

TEST(ScenarioFiles, AQueueWithoutANeighbourIsStuckWhereTheRecordingGoesOn) {
  struct Alone {
    const char *name, *stage, *guestStage,
        *hostStage;  ///< last: of a capture of that side alone; null: it shows nothing
  };
  for (const auto& [name, stage, guestStage, hostStage] :
       {Alone{"lost-doorbell", "rung", "rung", nullptr}, Alone{"lost-interrupt", "signalled", "rung", nullptr},
        Alone{"silent-backend", "fetched", "rung", "fetched"}}) {
    simulate::Scenario scenario = simulate::readScenario(kFolder / (std::string(name) + ".txt"));
    scenario.devices.resize(1);
    const auto stageOf = [](const simulate::Scenario& played) {
      return PlayedWorld(played).database().queryText("SELECT oldest_stage FROM standstill_view WHERE stuck > 0");
    };
    EXPECT_EQ(stageOf(scenario), std::nullopt) << name << ": nothing tells that the machine went on";
    for (simulate::SideSpec* side : {&scenario.guest, &scenario.host}) {
      side->heartbeat = 20'000'000;
      side->recordUntil = 40'000'000'000;
    }
    EXPECT_EQ(stageOf(scenario), stage) << name;
    scenario.host.recorded = false;
    EXPECT_EQ(stageOf(scenario), guestStage) << name << " of the guest";
    scenario.host.recorded = true;
    scenario.guest.recorded = false;
    EXPECT_EQ(stageOf(scenario).value_or("none"), hostStage == nullptr ? "none" : hostStage) << name << " of the host";
  }
}

TEST(ScenarioFiles, LateNotificationsCostOneChainEach) {
  const PlayedWorld world(simulate::readScenario(kFolder / "late-notifications.txt"));
  // The next chain comes 300 ms later, and with it the next doorbell and the next interrupt.
  Statement rows = world.database().prepare(
      "SELECT device, stage, back, wait_ns BETWEEN 290000000 AND 310000000 FROM stuck_chain_view ORDER BY device");
  std::vector<std::string> found;
  while (rows.step())
    found.push_back(std::string(rows.text(0)) + " " + std::string(rows.text(1)) + " " +
                    std::to_string(rows.integer(2)) + std::to_string(rows.integer(3)));
  EXPECT_EQ(found, (std::vector<std::string>{"virtio0 rung 11", "virtio1 signalled 11"}));
  EXPECT_FALSE(world.outcome().stuck);
}

TEST(ScenarioFiles, TheGuestAloneShowsThatANotificationWasLost) {
  simulate::Scenario scenario = simulate::readScenario(kFolder / "late-notifications.txt");
  scenario.host.recorded = false;
  const PlayedWorld guest(scenario);
  Statement rows = guest.database().prepare(
      "SELECT device || ' ' || notice || host_seen || back || (wait_ns BETWEEN 290000000 AND 310000000)"
      " FROM stuck_chain_view ORDER BY device");
  std::vector<std::string> found;
  while (rows.step()) found.emplace_back(rows.text(0));
  EXPECT_EQ(found, (std::vector<std::string>{"virtio0 1011", "virtio1 1011"}));
  EXPECT_EQ(guest.database().queryInteger("SELECT count(*) FROM finding WHERE rule = 'lost-notification'"), 2);
  // An idle guest and a lost notification look the same from the host.
  scenario.host.recorded = true;
  scenario.guest.recorded = false;
  EXPECT_EQ(PlayedWorld(scenario).database().queryInteger("SELECT count(*) FROM stuck_chain"), 0);
}

TEST(ScenarioFiles, ASlowDeviceLosesNoNotification) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    simulate::Scenario scenario;
    scenario.seed = seed;
    scenario.devices.resize(2);
    for (simulate::DeviceSpec& device : scenario.devices) {
      device.openLoop = true;
      device.eventIdx = seed % 2 == 0;
      device.chains = 150;
      device.depth = 8;
      device.gap = simulate::Duration::exponential(1'000'000, 60'000'000);
      device.service = simulate::Duration::parse("exponential 80us 60us rare 20 400ms", "service");
    }
    (seed % 3 == 0 ? scenario.guest : scenario.host).recorded = seed % 3 == 2;
    const PlayedWorld world(scenario);
    EXPECT_EQ(world.database().queryInteger("SELECT count(*) FROM finding WHERE rule = 'lost-notification'"), 0)
        << "seed " << seed;
  }
}

TEST(ScenarioFiles, DamageIsSaid) {
  for (const char* const name : {"lossy-host.txt", "late-attach.txt"})
    EXPECT_TRUE(PlayedWorld(simulate::readScenario(kFolder / name)).outcome().damaged) << name;
}

}  // namespace descry::property
