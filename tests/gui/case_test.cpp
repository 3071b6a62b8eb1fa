// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/case.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "schemas/model/error.hpp"
#include "tests/gui/databases.hpp"

namespace descry::gui {
namespace {

using nlohmann::json;
using testing::HasSubstr;

json reportOf(const std::string& name) {
  std::ifstream file(std::filesystem::path(DESCRY_DATABASES) / (name + ".json"));
  return json::parse(file);
}

class CaseTest : public testing::TestWithParam<const char*> {};

/// The rows of the report and those of the window are the same rows.
TEST_P(CaseTest, HasTheNumbersOfTheReport) {
  const Opened opened(GetParam());
  const json report = reportOf(GetParam());
  std::size_t compared = 0;
  const auto compare = [&](const json& rows, LevelRow::Kind kind) {
    for (const json& row : rows) {
      const auto same = [&](const LevelRow& level) {
        if (level.kind != kind || level.transport != row.at("transport")) return false;
        if (kind == LevelRow::Kind::Device) return level.name == row.at("device");
        if (kind == LevelRow::Kind::Queue)
          return level.name == row.at("queue_name") && opened.all->queue(level.queueId)->device == row.at("device");
        return true;
      };
      const auto level = std::find_if(opened.all->levels.begin(), opened.all->levels.end(), same);
      ASSERT_NE(level, opened.all->levels.end()) << row.dump();
      EXPECT_EQ(level->chains, row.at("chains"));
      EXPECT_EQ(level->latency.total, row.at("total_ns"));
      EXPECT_EQ(level->latency.p50, row.at("latency_ns").at("p50"));
      EXPECT_EQ(level->latency.p99, row.at("latency_ns").at("p99"));
      EXPECT_EQ(level->latency.p999, row.at("latency_ns").at("p999"));
      EXPECT_EQ(level->latency.max, row.at("latency_ns").at("max"));
      for (std::size_t cause = 0; cause < kCauses; ++cause)
        EXPECT_EQ(level->causes[cause].total, row.at("causes").at(std::string(kCauseNames[cause])).at("total_ns"));
      ++compared;
    }
  };
  compare(report.at("transports"), LevelRow::Kind::Transport);
  compare(report.at("devices"), LevelRow::Kind::Device);
  compare(report.at("queues"), LevelRow::Kind::Queue);
  EXPECT_EQ(compared, opened.all->levels.size());
  EXPECT_GT(compared, 0U);
  EXPECT_EQ(opened.all->chains, report.at("health").at("chains").at("all"));
}

TEST_P(CaseTest, FindsEveryChainInThePyramid) {
  const Opened opened(GetParam());
  for (const QueueInfo& queue : opened.all->queues)
    EXPECT_EQ(queue.chains,
              opened.number("SELECT count(*) FROM chain WHERE queue_id = " + std::to_string(numberOf(queue.queueId))));
}

TEST(StuckSpans, ReachFromTheOldestChainToTheEndOfTheCapture) {
  const Opened opened("silent-backend");
  ASSERT_EQ(opened.all->stuck.size(), 1U);
  const StuckSpan& stuck = opened.all->stuck.front();
  EXPECT_EQ(stuck.chains, opened.number("SELECT count(*) FROM guest_half WHERE flags & 1"));
  EXPECT_EQ(numberOf(stuck.queueId), opened.number("SELECT min(queue_id) FROM guest_half WHERE flags & 1"));
  const Ns oldest = opened.number(
      "SELECT max(last_ns) - min(q_ns) FROM guest_half JOIN queue USING (queue_id) JOIN device"
      " USING (device_id) JOIN capture USING (capture_id) WHERE guest_half.flags & 1");
  EXPECT_NEAR(static_cast<double>(stuck.range.length()), static_cast<double>(oldest),
              1e-4 * static_cast<double>(oldest));
}

INSTANTIATE_TEST_SUITE_P(Samples, CaseTest,
                         testing::Values("vhost-net-needless", "pci-blk-swiotlb", "ccw-blk-swiotlb", "lossy-host",
                                         "needless-translation", "clock-step", "many"),
                         [](const auto& sample) {
                           std::string name = sample.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Case, NamesTheWorstCauseOfTheSamples) {
  std::size_t cause = 0;
  const Opened swiotlb("pci-blk-swiotlb");
  ASSERT_NE(swiotlb.all->worst(cause), nullptr);
  EXPECT_EQ(static_cast<Cause>(cause), Cause::Swiotlb);  // samples/traces/pci-blk-swiotlb/case.md
  const Opened none("no-chains");
  EXPECT_EQ(none.all->worst(cause), nullptr);
  EXPECT_EQ(none.all->chains, 0);
}

std::string errorOf(const std::string& name) {
  try {
    Opened opened(name);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Case, SaysWhatIsWrongWithADatabaseAndWhatToDo) {
  EXPECT_THAT(errorOf("empty-file"), HasSubstr("the file is empty"));
  EXPECT_THAT(errorOf("text"), HasSubstr("is not a case database"));
  EXPECT_THAT(errorOf("cut"), HasSubstr("is cut short"));
  EXPECT_THAT(errorOf("newer"), HasSubstr("schema version 99"));
  EXPECT_THAT(errorOf("no-pyramid"), HasSubstr("descry analyze"));
  EXPECT_THAT(errorOf("nowhere"), HasSubstr("no such file"));
}

}  // namespace
}  // namespace descry::gui
