// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/check/check.hpp"

#include <gmock/gmock.h>

#include "analyzer/compare/comparison.hpp"
#include "analyzer/compare/formats.hpp"
#include "report_case.hpp"

namespace descry {
namespace {

using testing::HasSubstr;
using State = CheckResult::State;

/// virtio0 req0 with `chains` chains of 100 us and more: `us`[i % 4] of backend and 20 us of ring each.
class CheckCase : public ReportCase {
 protected:
  void fill(std::int64_t chains, std::int64_t extra = 0) { fill(*this, chains, extra); }

  static void fill(CheckCase& into, std::int64_t chains, std::int64_t extra) {
    into.capture(1, "guest");
    into.capture(2, "host");
    into.put(into.device(1, 1, "virtio0", "pci", "blk"));
    into.put(into.device(2, 2, "0x1", "pci", "blk"));
    into.put(DevicePairRow{DeviceId{1}, DeviceId{2}, "order"});
    into.queue(1, 1, 0, "req0");
    into.queue(2, 2, 0, "req0");
    into.pairQueues(1, 1, 2);
    for (std::int64_t i = 0; i < chains; ++i)
      into.put({"pci", DeviceId{1}, QueueId{1}, Scope::Full},
               chain(1, i, 1, {0, 0, 0, 20, 0, 80 + 10 * (i % 4) + extra, 0}));
    into.m_aggregator.write(*into.m_database);
  }

  CheckOutcome judge(const std::string& limit, std::optional<std::int64_t> minChains = std::nullopt) {
    CheckOptions options;
    options.limits.push_back(parseLimit(limit));
    options.minChains = minChains;
    return check(*m_database, nullptr, options);
  }
  State stateOf(const std::string& limit) { return judge(limit).results.at(0).state; }
};

TEST_F(CheckCase, MeasuresAreThoseOfTheReport) {
  fill(400);
  // 100, 110, 120 and 130 us, a quarter each; rank floor(0.5 * 400) is the first of 120.
  EXPECT_EQ(judge("p50() > 1us").results.at(0).value, 120'000);
  EXPECT_EQ(judge("p99(cause = backend) > 1us").results.at(0).value, 110'000);
  EXPECT_EQ(judge("max() > 1us").results.at(0).value, 130'000);
  EXPECT_EQ(judge("mean() > 1us").results.at(0).value, 115'000);
  EXPECT_NEAR(judge("share(cause = ring) > 0").results.at(0).value, 20.0 / 115, 1e-9);
  EXPECT_EQ(judge("chains(total > 115us) > 0").results.at(0).value, 200);
  // 400 chains, one per ms: 399 ms from the first to the last.
  EXPECT_NEAR(judge("rate() > 1").results.at(0).value, 400 / 0.399, 1e-6);
}

TEST_F(CheckCase, FailsWhereTheLimitIsTrue) {
  fill(400);
  EXPECT_EQ(stateOf("p50(device == virtio0) > 119us"), State::Failed);
  EXPECT_EQ(stateOf("p50(device == virtio0) > 120us"), State::Passed);
  EXPECT_EQ(stateOf("p99() > 1.5 * p50()"), State::Passed);
  EXPECT_EQ(stateOf("p99() > 1.05 * p50()"), State::Failed);
}

TEST_F(CheckCase, ChainsAreThoseOfTheMeasureNotOfItsBound) {
  fill(400);
  EXPECT_EQ(judge("p50(total > 115us) > 2 * p50()").results.at(0).chains, 200);
  EXPECT_EQ(judge("p50() > 2 * p50(total > 115us)", 300).results.at(0).state, State::Refused);
}

TEST_F(CheckCase, RefusesWhereTooLittleIsKnown) {
  fill(150);
  EXPECT_EQ(stateOf("p50() > 1us"), State::Failed);
  EXPECT_EQ(stateOf("p99() > 1us"), State::Refused);
  EXPECT_EQ(judge("p99() > 1us", 100).results.at(0).state, State::Failed);
  EXPECT_EQ(judge("p50() > 1us", 151).results.at(0).state, State::Refused);
  EXPECT_EQ(stateOf("p50(queue == rx7) > 1us"), State::Refused);
  EXPECT_EQ(stateOf("chains(queue == rx7) < 1"), State::Failed);
}

TEST_F(CheckCase, RefusesADamagedCaptureUnlessToldOtherwise) {
  fill(400);
  put(MetaRow{"verdict", "damaged"});
  EXPECT_EQ(stateOf("p50() > 1us"), State::Refused);
  CheckOptions options;
  options.limits.push_back(parseLimit("p50() > 1us"));
  options.acceptDamage = true;
  EXPECT_EQ(check(*m_database, nullptr, options).results.at(0).state, State::Failed);
}

/// Another case beside the fixture's own.
class Other : public CheckCase {
 public:
  Other(std::int64_t chains, std::int64_t extra) {
    m_database.reset();
    std::filesystem::remove(m_path);
    m_path += ".other";
    std::filesystem::remove(m_path);
    m_database.emplace(Database::create(m_path));
    fill(*this, chains, extra);
  }
  const Database& database() const { return *m_database; }
  void TestBody() override {}
};

TEST_F(CheckCase, GrowthOverTheBaselineFailsBeyondWhatIsAllowed) {
  // The fixture's database is made anew after Other has taken the path it would have had.
  const Other base(400, 0);
  m_database.emplace(Database::create(m_path));
  fill(400, 30);  // 150 us against 120 us in the median: +25 %
  CheckOptions options;
  options.compared.push_back(parseMeasure("p50()"));
  options.allow = 0.05;
  const auto judged = [&] { return check(*m_database, &base.database(), options).results.at(0).state; };
  EXPECT_EQ(judged(), State::Failed);
  options.allow = 0.251;
  EXPECT_EQ(judged(), State::Passed);
  options.allow = 0.05;
  options.allowTail = 0.5;
  options.compared = {parseMeasure("p99()")};
  EXPECT_EQ(judged(), State::Passed);
  options.allowTail = 0.01;
  EXPECT_EQ(judged(), State::Failed);
}

TEST_F(CheckCase, ADiffNamesTheCauseAndKeepsTheReportsNumbers) {
  const Other base(400, 0);
  m_database.emplace(Database::create(m_path));
  fill(400, 12);
  const Comparison comparison = compareCases(base.database(), *m_database, {});
  EXPECT_TRUE(comparison.slower);
  EXPECT_FALSE(comparison.faster);
  ASSERT_EQ(comparison.levels.size(), 3U);  // transport, device, queue
  const ComparedLevel& device = comparison.levels.at(1);
  EXPECT_EQ(device.p50.base, 120'000);
  EXPECT_EQ(device.p50.now, 132'000);
  EXPECT_EQ(device.mean.difference(), 12'000);
  EXPECT_THAT(comparison.verdict.at(0), HasSubstr("slower: virtio0: mean +10.4 %"));
  EXPECT_THAT(comparison.verdict.at(0), HasSubstr("backend +12.0 us per chain"));
  std::ostringstream text;
  writeComparisonText(comparison, {}, text);
  EXPECT_THAT(text.str(), HasSubstr("virtio0 req0"));
}

TEST_F(CheckCase, ADiffOfACaseWithItselfFindsNothing) {
  fill(400);
  const Comparison comparison = compareCases(*m_database, *m_database, {});
  EXPECT_FALSE(comparison.slower || comparison.faster);
  EXPECT_TRUE(comparison.changed.empty());
  EXPECT_THAT(comparison.verdict.at(0), HasSubstr("no significant change"));
}

TEST_F(CheckCase, ADiffStopsBetweenTwoStatisticsWhenItIsCancelled) {
  fill(400);
  int calls = 0;
  compareCases(*m_database, *m_database, {}, [&] { ++calls; });
  EXPECT_GE(calls, 3 * static_cast<int>(kCauses)) << "transport, device and queue are each compared cause by cause";
  int left = 5;
  const auto cancelled = [&] {
    if (--left == 0) throw Cancelled();
  };
  EXPECT_THROW(compareCases(*m_database, *m_database, {}, cancelled), Cancelled);
  EXPECT_EQ(left, 0) << "it went on after it was cancelled";
}

}  // namespace
}  // namespace descry
