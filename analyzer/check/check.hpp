// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyzer/check/limit.hpp"
#include "analyzer/report/report.hpp"
#include "schemas/store/database.hpp"

namespace descry {

struct CheckOptions {
  std::vector<Limit> limits;              ///< each fails the check where it is true
  std::vector<Measure> compared;          ///< against the baseline; none: p50 and p99 of every device
  double allow = 0.05, allowTail = 0.05;  ///< relative growth that passes; the tail is p99, p999 and max
  std::optional<std::int64_t> minChains;  ///< instead of what each function needs by itself
  bool acceptDamage = false;
};

/// The answer to one limit or one comparison with the baseline.
struct CheckResult {
  enum class State : std::uint8_t { Passed, Failed, Refused };
  std::string name;  ///< the limit as typed, or "p99(device == virtio0) against the baseline"
  State state = State::Passed;
  std::string reason;           ///< one sentence with the numbers
  std::int64_t chains = 0;      ///< that the measure was taken of
  double value = 0, bound = 0;  ///< in the measure's unit
  std::string sql;              ///< selects the chains; ? are the values in the condition
};

struct CheckOutcome {
  std::string databasePath, baselinePath;
  std::vector<CheckResult> results;

  bool any(CheckResult::State state) const;
};

/// Chains below which a function says nothing.
std::int64_t smallestSample(Measure::Function function);

/// `baseline` may be null. A result is refused where the sample is too small or the capture is damaged.
CheckOutcome check(const Database& database, const Database* baseline, const CheckOptions& options);

struct CheckFormat {
  std::string_view name;
  void (*write)(const CheckOutcome& outcome, const ReportOptions& options, std::ostream& out);
};
std::span<const CheckFormat> checkFormats();

}  // namespace descry
