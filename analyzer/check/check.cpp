// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/check/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analyzer/case/time_unit.hpp"
#include "analyzer/compare/bootstrap.hpp"
#include "analyzer/compare/sample.hpp"
#include "analyzer/run/analysis.hpp"
#include "analyzer/run/stuck_list.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Function = Measure::Function;
using State = CheckResult::State;

constexpr std::size_t kChainsToResample = std::size_t{1} << 15;

/// The statistic that a function is, where it is one.
std::optional<Statistic> statisticOf(Function function) {
  switch (function) {
    case Function::P50:
      return Statistic::P50;
    case Function::P99:
      return Statistic::P99;
    case Function::P999:
      return Statistic::P999;
    case Function::Mean:
      return Statistic::Mean;
    default:
      return std::nullopt;
  }
}

double valueOf(const Measure& measure, const Sample& sample) {
  const std::vector<Ns>& values = sample.values[measure.sum];
  if (const auto statistic = statisticOf(measure.function)) return statisticOf(values, *statistic);
  switch (measure.function) {
    case Function::Max:
      return values.empty() ? 0 : static_cast<double>(*std::max_element(values.begin(), values.end()));
    case Function::Share:
      return shareOf(values, sample.values[0]);
    case Function::Rate:
      return sample.span > 0 ? static_cast<double>(sample.chains) / static_cast<double>(sample.span) * 1e9 : 0;
    default:
      return static_cast<double>(sample.chains);
  }
}

/// As many chains of a sample as are quickly resampled.
struct Thinned {
  std::vector<Ns> values, latencies;
  std::vector<std::uint8_t> calm;
  Stretches stretches{0};

  Thinned(const Sample& sample, std::size_t sum) {
    for (std::size_t i = 0; i < sample.size(); i += sample.size() / kChainsToResample + 1) {
      values.push_back(sample.values[sum][i]);
      latencies.push_back(sample.values[0][i]);
      calm.push_back(sample.calm[i]);
    }
    stretches = Stretches(values.size(), calm);
  }
  Series series() const { return {values, stretches}; }
};

bool isTail(Function function) {
  return function == Function::P99 || function == Function::P999 || function == Function::Max;
}

/// One check being made: the case, and what may forbid an answer.
class Checker {
 public:
  Checker(const Database& database, const Database* baseline, const CheckOptions& options)
      : m_database(database), m_baseline(baseline), m_options(options) {}

  void judge(const Limit& limit, CheckResult& result) const {
    const Taken taken = read(m_database, limit.measure, result);
    if (result.state == State::Refused) return;
    result.value = taken.value;
    result.bound = limit.factor;
    if (limit.other) {
      CheckResult ofOther;
      const Taken other = read(m_database, *limit.other, ofOther);
      if (ofOther.state == State::Refused) return refuse(result, ofOther.reason);
      if (!other.tooFew.empty()) return refuse(result, other.tooFew);
      result.bound *= other.value;
    }
    const auto unit = limit.measure.unit();
    const bool fails = limit.holds(result.value, result.bound);
    // Too few chains say nothing for sure but that some of them are stuck.
    if (!taken.tooFew.empty() && !(fails && taken.isBeyond(limit.sign))) return refuse(result, taken.tooFew);
    if (fails) result.state = State::Failed;
    result.reason = fmt::format("{} is {} over {}: {} {} {}", limit.measure.text, taken.valueText(unit, result.value),
                                taken.chainsText(result.chains), fails ? "it is" : "it is not", limit.sign,
                                measureText(unit, result.bound));
  }

  void compareWithBaseline(const Measure& measure, CheckResult& result) const {
    const Taken now = read(m_database, measure, result);
    if (result.state == State::Refused) return;
    const std::int64_t chains = result.chains;
    const Taken before = read(*m_baseline, measure, result);
    result.chains = chains;
    if (result.state == State::Passed && !before.tooFew.empty()) refuse(result, before.tooFew);
    if (result.state == State::Refused) {
      result.reason = "baseline: " + result.reason;
      return;
    }
    const double allowed = isTail(measure.function) ? m_options.allowTail : m_options.allow;
    const double base = before.value;
    // A rate that falls is worse, everything else that grows.
    const bool lessIsWorse = measure.function == Function::Rate || measure.function == Function::Chains;
    result.value = now.value;
    result.bound = base * (lessIsWorse ? 1 - allowed : 1 + allowed);
    const bool beyond = lessIsWorse ? result.value < result.bound : result.value > result.bound;
    const bool stuck = beyond && !now.stuck.empty();
    if (!now.tooFew.empty() && !stuck) return refuse(result, now.tooFew);
    const bool certain = beyond && (stuck || isCertain(measure, before.sample, now.sample, result.bound - base));
    if (certain) result.state = State::Failed;
    const auto unit = measure.unit();
    result.reason =
        fmt::format("{} is {} over {}, was {}; up to {} {}{}", measure.text, now.valueText(unit, result.value),
                    now.chainsText(result.chains), before.valueText(unit, base), measureText(unit, result.bound),
                    lessIsWorse ? "or more passes" : "passes",
                    beyond && !certain ? "; it exceeds that, but not with certainty" : "");
  }

 private:
  /// What a measure rests on.
  struct Taken {
    Sample sample;
    std::vector<Ns> stuck;  ///< ages of stuck chains that the value counts: it is a lower bound
    double value = 0;
    std::string tooFew;  ///< not empty: the sample is too small, and why

    /// A larger value than the limit allows, and a chain that is stuck cannot make it smaller again.
    bool isBeyond(const std::string& sign) const { return !stuck.empty() && sign.starts_with('>'); }
    std::string valueText(Measure::Unit unit, double of) const {
      return (stuck.empty() ? "" : "at least ") + measureText(unit, of);
    }
    std::string chainsText(std::int64_t chains) const {
      if (stuck.empty()) return fmt::format("{} chains", chains);
      return fmt::format("{} chains and {} stuck for up to {}", chains, stuck.size(),
                         timeText(*std::max_element(stuck.begin(), stuck.end())));
    }
  };

  Taken read(const Database& database, const Measure& measure, CheckResult& result) const {
    if (&database == &m_database) result.sql = sampleSql(measure.condition);
    if (!tickCaptures(database).empty()) {
      refuse(result, fmt::format("{}: the clock of a trace counts ticks, so its times are not nanoseconds (see descry "
                                 "report)",
                                 database.path().string()));
      return {};
    }
    if (!m_options.acceptDamage && isDamaged(database)) {
      refuse(result,
             fmt::format("{}: events were lost or contradict each other (see descry report --full); --accept-damage "
                         "judges it anyway",
                         database.path().string()));
      return {};
    }
    Taken taken{readSample(database, measure.condition), {}, 0, {}};
    result.chains = taken.sample.chains;
    taken.value = valueOf(measure, taken.sample);
    // Of a stuck chain nothing is known but that its latency exceeds its age.
    if (measure.sum == 0 && measure.unit() == Measure::Unit::Duration)
      for (const StuckChainRow& row : readStuck(database, measure.condition)) taken.stuck.push_back(row.age);
    if (!taken.stuck.empty()) {
      Sample all;
      all.values[0] = taken.sample.values[0];
      all.values[0].insert(all.values[0].end(), taken.stuck.begin(), taken.stuck.end());
      taken.value = valueOf(measure, all);
    }
    const std::int64_t least = m_options.minChains.value_or(smallestSample(measure.function));
    if (measure.function != Function::Chains && result.chains < least)
      taken.tooFew =
          result.chains == 0
              ? fmt::format("no chain of {} meets the condition of {}", database.path().string(), measure.text)
              : fmt::format("{} rests on {} chains, but needs {} (--min-chains)", measure.text, result.chains, least);
    return taken;
  }

  static void refuse(CheckResult& result, std::string reason) {
    result.state = State::Refused;
    result.reason = std::move(reason);
  }

  /// Whether the change is larger than `allowedDifference` with 95 % confidence, where that can be said.
  static bool isCertain(const Measure& measure, const Sample& before, const Sample& now, double allowedDifference) {
    const Thinned base(before, measure.sum), current(now, measure.sum);
    Change change;
    if (const auto statistic = statisticOf(measure.function))
      change = compare(base.series(), current.series(), *statistic);
    else if (measure.function == Function::Share)
      change = compareShares(base.series(), base.latencies, current.series(), current.latencies);
    else
      return true;  // a maximum, a rate and a count are what they are
    return !change.tested || change.low > allowedDifference;
  }

  const Database& m_database;
  const Database* m_baseline;
  const CheckOptions& m_options;
};

std::vector<Measure> defaultMeasures(const Database& database) {
  std::vector<Measure> measures;
  Statement devices = database.prepare("SELECT DISTINCT device FROM cause_view ORDER BY device");
  while (devices.step())
    for (const char* function : {"p50", "p99"})
      measures.push_back(parseMeasure(fmt::format("{}(device == {})", function, sqlText(devices.text(0)))));
  return measures;
}

}  // namespace

bool CheckOutcome::any(CheckResult::State state) const {
  return std::any_of(results.begin(), results.end(), [&](const CheckResult& result) { return result.state == state; });
}

std::int64_t smallestSample(Measure::Function function) {
  if (function == Function::Chains) return 0;
  return smallestSample(statisticOf(function).value_or(Statistic::Mean));
}

CheckOutcome check(const Database& database, const Database* baseline, const CheckOptions& options) {
  CheckOutcome outcome;
  outcome.databasePath = database.path();
  const Checker checker(database, baseline, options);
  for (const Limit& limit : options.limits) {
    CheckResult& result = outcome.results.emplace_back();
    result.name = limit.text;
    checker.judge(limit, result);
  }
  if (baseline == nullptr) return outcome;
  outcome.baselinePath = baseline->path();
  for (const Measure& measure : options.compared.empty() ? defaultMeasures(database) : options.compared) {
    CheckResult& result = outcome.results.emplace_back();
    result.name = measure.text + " against the baseline";
    checker.compareWithBaseline(measure, result);
  }
  return outcome;
}

}  // namespace descry
