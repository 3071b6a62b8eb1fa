// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/check/limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <vector>

#include "analyzer/aggregate/cause_aggregator.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Function = Measure::Function;

constexpr std::array<std::pair<std::string_view, Function>, 8> kFunctions = {{{"p50", Function::P50},
                                                                              {"p99", Function::P99},
                                                                              {"p999", Function::P999},
                                                                              {"max", Function::Max},
                                                                              {"mean", Function::Mean},
                                                                              {"share", Function::Share},
                                                                              {"rate", Function::Rate},
                                                                              {"chains", Function::Chains}}};

struct Slice {
  std::string_view text;
  std::size_t at = 0;  ///< where it begins in the whole text
};

Slice trimmed(Slice slice) {
  while (!slice.text.empty() && std::isspace(static_cast<unsigned char>(slice.text.front())) != 0)
    slice.text.remove_prefix(1), ++slice.at;
  while (!slice.text.empty() && std::isspace(static_cast<unsigned char>(slice.text.back())) != 0)
    slice.text.remove_suffix(1);
  return slice;
}

[[noreturn]] void fail(const std::string& message, const Slice& where) {
  throw ConditionError(message, where.at, std::max<std::size_t>(1, where.text.size()));
}

/// Length of the part of `text` before the first of `ends` outside quotes and parentheses.
std::size_t topLevelUntil(std::string_view text, std::string_view ends) {
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (depth == 0 && ends.find(c) != std::string_view::npos) {
      return i;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    }
  }
  return text.size();
}

std::size_t sumNamed(const Slice& name) {
  const std::string_view wanted = name.text == "induced" ? "iotlb_induced"
                                  : name.text == "total" ? "latency"
                                                         : name.text;
  const auto found = std::find(kSumNames.begin(), kSumNames.end(), wanted);
  if (found == kSumNames.end())
    fail(fmt::format("there is no cause '{}' (latency, iotlb, induced, {})", name.text,
                     fmt::join(kCauseNames.begin() + 1, kCauseNames.end(), ", ")),
         name);
  return static_cast<std::size_t>(found - kSumNames.begin());
}

/// The value of `cause = value`; nothing when the argument is something else.
std::optional<Slice> causeArgument(const Slice& argument) {
  if (!argument.text.starts_with("cause")) return std::nullopt;
  Slice rest = trimmed({argument.text.substr(5), argument.at + 5});
  if (!rest.text.starts_with("=")) return std::nullopt;
  const std::size_t sign = rest.text.starts_with("==") ? 2 : 1;
  return trimmed({rest.text.substr(sign), rest.at + sign});
}

void addCondition(Measure& measure, const Slice& argument) {
  try {
    Condition condition = parseCondition(argument.text);
    if (condition.empty()) fail("expected a condition or cause = ...", argument);
    measure.condition.sql += fmt::format("{}({})", measure.condition.empty() ? "" : " AND ", condition.sql);
    for (auto& value : condition.values) measure.condition.values.push_back(std::move(value));
  } catch (const ConditionError& error) {
    throw ConditionError(error.what(), std::min(argument.at + error.at(), argument.at + argument.text.size()),
                         error.length());
  }
}

Measure measureOf(const Slice& whole) {
  const std::size_t open = whole.text.find('(');
  const Slice name = trimmed({whole.text.substr(0, std::min(open, whole.text.size())), whole.at});
  const auto* const function =
      std::find_if(kFunctions.begin(), kFunctions.end(), [&](const auto& each) { return each.first == name.text; });
  if (function == kFunctions.end())
    fail("expected a measure: p50, p99, p999, max, mean, share, rate or chains, as in p99(queue == rx0)", name);
  if (open == std::string_view::npos) fail(fmt::format("expected ( after {}", name.text), name);
  Slice inside{whole.text.substr(open + 1), whole.at + open + 1};
  const std::size_t close = topLevelUntil(inside.text, ")");
  if (close == inside.text.size())
    fail("the ( of the measure is not closed", {whole.text.substr(open, 1), whole.at + open});
  if (const Slice after = trimmed({inside.text.substr(close + 1), inside.at + close + 1}); !after.text.empty())
    fail("nothing may follow the )", after);
  inside.text = inside.text.substr(0, close);

  Measure measure;
  measure.text = std::string(trimmed(whole).text);
  measure.function = function->second;
  if (trimmed(inside).text.empty()) return measure;
  while (true) {
    const std::size_t comma = topLevelUntil(inside.text, ",");
    const Slice argument = trimmed({inside.text.substr(0, comma), inside.at});
    if (const auto cause = causeArgument(argument))
      measure.sum = sumNamed(*cause);
    else
      addCondition(measure, argument);
    if (comma == inside.text.size()) break;
    inside = {inside.text.substr(comma + 1), inside.at + comma + 1};
  }
  return measure;
}

struct Number {
  double value = 0;
  std::string_view unit;
};

std::optional<Number> numberOf(std::string_view text) {
  Number number;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (error != std::errc() || !std::isfinite(number.value)) return std::nullopt;
  number.unit = trimmed({text.substr(static_cast<std::size_t>(end - text.data()))}).text;
  return number;
}

double boundOf(const Slice& slice, Measure::Unit unit) {
  const auto number = numberOf(slice.text);
  if (!number) fail("expected a number, a duration or a measure", slice);
  struct Known {
    std::string_view name;
    Measure::Unit unit;
    double factor;
  };
  for (const Known& known : {Known{"ns", Measure::Unit::Duration, 1},
                             {"us", Measure::Unit::Duration, 1e3},
                             {"ms", Measure::Unit::Duration, 1e6},
                             {"s", Measure::Unit::Duration, 1e9},
                             {"%", Measure::Unit::Share, 0.01},
                             {"/s", Measure::Unit::Rate, 1}})
    if (number->unit == known.name && unit == known.unit) return number->value * known.factor;
  // A bare number is unambiguous except for a duration, where 200 may have been meant as microseconds.
  if (number->unit.empty() && unit != Measure::Unit::Duration) return number->value;
  fail(unit == Measure::Unit::Duration ? "a duration needs ns, us, ms or s"
       : unit == Measure::Unit::Share  ? "a share is a number from 0 to 1 or has %"
       : unit == Measure::Unit::Rate   ? "a rate is a number of chains, or has /s"
                                       : "a number of chains has no unit",
       slice);
}

}  // namespace

Measure::Unit Measure::unit() const {
  switch (function) {
    case Function::Share:
      return Unit::Share;
    case Function::Rate:
      return Unit::Rate;
    case Function::Chains:
      return Unit::Count;
    default:
      return Unit::Duration;
  }
}

bool Limit::holds(double value, double bound) const {
  if (sign == ">") return value > bound;
  if (sign == ">=") return value >= bound;
  if (sign == "<") return value < bound;
  if (sign == "<=") return value <= bound;
  return (value == bound) == (sign == "==");
}

Measure parseMeasure(std::string_view text) {
  return measureOf(trimmed({text}));
}

Limit parseLimit(std::string_view text) {
  const Slice whole = trimmed({text});
  const std::size_t at = topLevelUntil(whole.text, "<>=!");
  if (at == whole.text.size()) fail("expected a comparison, as in p99(queue == rx0) > 200us", whole);
  Limit limit;
  limit.text = std::string(whole.text);
  limit.measure = measureOf(trimmed({whole.text.substr(0, at), whole.at}));
  const bool two = at + 1 < whole.text.size() && whole.text[at + 1] == '=';
  limit.sign = std::string(whole.text.substr(at, two ? 2 : 1));
  if (limit.sign == "=") limit.sign = "==";
  if (limit.sign == "!") fail("expected !=", {whole.text.substr(at, 1), whole.at + at});
  const std::size_t after = at + (two ? 2 : 1);
  Slice right = trimmed({whole.text.substr(after), whole.at + after});
  if (right.text.empty()) fail("expected a bound", right);
  if (right.text.find('(') == std::string_view::npos) {
    limit.factor = boundOf(right, limit.measure.unit());
    return limit;
  }
  if (const std::size_t times = topLevelUntil(right.text, "*"); times != right.text.size()) {
    const Slice factor = trimmed({right.text.substr(0, times), right.at});
    const auto number = numberOf(factor.text);
    if (!number || !number->unit.empty()) fail("expected a number before *", factor);
    limit.factor = number->value;
    right = trimmed({right.text.substr(times + 1), right.at + times + 1});
  }
  limit.other = measureOf(right);
  if (limit.other->unit() != limit.measure.unit())
    fail(fmt::format("{} and {} have different units", limit.measure.text, limit.other->text), right);
  return limit;
}

std::string measureText(Measure::Unit unit, double value) {
  switch (unit) {
    case Measure::Unit::Duration:
      return timeText(value);
    case Measure::Unit::Share:
      return fmt::format("{:.1f} %", value * 100);
    case Measure::Unit::Rate:
      return rateText(value);
    case Measure::Unit::Count:
      return countText(std::llround(value));
  }
  return {};
}

}  // namespace descry
