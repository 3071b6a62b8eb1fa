// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/condition/condition.hpp"

namespace descry {

/// What people type to say when a case is not good enough: `p99(queue == rx0, cause = iotlb) > 200us`.
///
///   limit    = measure operator bound          operator = > >= < <= == !=
///   measure  = function "(" [argument {"," argument}] ")"
///   function = p50 | p99 | p999 | max | mean | share | rate | chains
///   argument = condition                       which chains (schemas/condition/condition.hpp); several must all hold
///            | "cause" "=" word                latency (the default) or a cause; induced: iotlb_induced
///   bound    = number [ns us ms s m h % /s]        (a share without % is 0 to 1)
///            | [number "*"] measure
struct Measure {
  enum class Function : std::uint8_t { P50, P99, P999, Max, Mean, Share, Rate, Chains };
  std::string text;  ///< as typed
  Function function = Function::P50;
  std::size_t sum = 0;  ///< index into kSumNames
  Condition condition;

  /// ns, share 0..1, chains per second, chains
  enum class Unit : std::uint8_t { Duration, Share, Rate, Count };
  Unit unit() const;
};

struct Limit {
  std::string text;
  Measure measure;
  std::string sign;
  double factor = 1;  ///< of `other`, or the bound itself
  std::optional<Measure> other;

  bool holds(double value, double bound) const;  ///< the condition of failure is true
};

/// Throws ConditionError, which says where in the text.
Limit parseLimit(std::string_view text);
Measure parseMeasure(std::string_view text);

/// A value of the measure's unit for people: 382 us, 12.3 %, 1200 /s, 238.
std::string measureText(Measure::Unit unit, double value);

}  // namespace descry
