// SPDX-License-Identifier: GPL-2.0-or-later
// The query of a finding reads what the analysis has summed up, never all chains: in a world of ten times the chains it
// takes hardly more steps of SQLite's machine.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "analyzer/finding/finding.hpp"
#include "tests/property/played_world.hpp"

namespace descry::property {
namespace {

using Parameters = std::map<std::string, std::int64_t, std::less<>>;

/// Both sides of the first queue of each device.
std::vector<Parameters> targetsOf(const Database& database) {
  std::vector<Parameters> targets;
  Statement rows = database.prepare(
      "SELECT d.device_id, d.guest_device_id, d.host_device_id, min(g.queue_id), min(h.queue_id) FROM device_view d"
      " JOIN queue_side_view g ON g.device_id = d.guest_device_id"
      " JOIN queue_side_view h ON h.device_id = d.host_device_id AND h.queue_index = g.queue_index GROUP BY d.device_id");
  while (rows.step())
    targets.push_back({{":device_id", rows.integer(0)},
                       {":guest_device_id", rows.integer(1)},
                       {":host_device_id", rows.integer(2)},
                       {":queue_id", rows.integer(3)},
                       {":guest_queue_id", rows.integer(3)},
                       {":host_queue_id", rows.integer(4)}});
  return targets;
}

std::int64_t stepsOf(const Database& database, std::string_view sql, const Parameters& target) {
  Statement query = database.prepare(sql);
  for (int i = 0; i < query.parameterCount(); ++i) query.bind(i, target.at(std::string(query.parameterName(i))));
  while (query.step()) {
  }
  return query.machineSteps();
}

simulate::Scenario worldOf(std::int64_t chains, simulate::HostKind host, simulate::DmaKind dma) {
  simulate::Scenario scenario;
  scenario.devices.resize(1);
  simulate::DeviceSpec& device = scenario.devices[0];
  device.host = host;
  device.kind = host == simulate::HostKind::Vhost ? simulate::DeviceKind::Net : simulate::DeviceKind::Block;
  device.dma = dma;
  device.queues = 2;
  device.chains = chains / (host == simulate::HostKind::Vhost ? 4 : 2);
  return scenario;
}

class FindingCost : public testing::TestWithParam<std::pair<simulate::HostKind, simulate::DmaKind>> {};

TEST_P(FindingCost, OfAQueryDoesNotGrowWithTheChains) {
  const auto [host, dma] = GetParam();
  const PlayedWorld small(worldOf(2'000, host, dma)), large(worldOf(20'000, host, dma));
  ASSERT_GE(small.outcome().chains, 1'900);
  ASSERT_GE(large.outcome().chains, 19'000);
  const auto smallTargets = targetsOf(small.database()), largeTargets = targetsOf(large.database());
  ASSERT_FALSE(smallTargets.empty());
  ASSERT_EQ(smallTargets.size(), largeTargets.size());
  for (const Rule& rule : findingRules()) {
    for (std::size_t i = 0; i < smallTargets.size(); ++i) {
      const auto before = stepsOf(small.database(), sql::finding(rule.id), smallTargets[i]);
      const auto after = stepsOf(large.database(), sql::finding(rule.id), largeTargets[i]);
      EXPECT_GT(before, 0) << rule.id;
      EXPECT_LT(static_cast<double>(after), 1.5 * static_cast<double>(before))
          << rule.id << ": " << before << " steps in " << small.outcome().chains << " chains, " << after << " in "
          << large.outcome().chains;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Worlds, FindingCost,
                         testing::Values(std::pair{simulate::HostKind::Qemu, simulate::DmaKind::Swiotlb},
                                         std::pair{simulate::HostKind::Vhost, simulate::DmaKind::Direct}));

}  // namespace
}  // namespace descry::property
