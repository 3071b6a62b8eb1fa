// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/check/limit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "analyzer/aggregate/cause_aggregator.hpp"
#include "schemas/condition/lexer.hpp"
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

/// Some tokens in a row. What follows them is there too: End at least.
using Tokens = std::span<const Token>;
using Kind = Token::Kind;

[[noreturn]] void fail(const std::string& message, Tokens where) {
  const std::size_t at = where.data()->at;
  const std::size_t end = where.empty() ? at + 1 : where.back().at + where.back().length;
  throw ConditionError(message, at, end - at);
}

/// How many tokens come before the first one that `ends` names, outside of parentheses.
template <typename Ends>
std::size_t countUntil(Tokens tokens, Ends ends) {
  int depth = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (depth == 0 && ends(tokens[i])) return i;
    if (tokens[i].kind == Kind::Open) ++depth;
    if (tokens[i].kind == Kind::Close) --depth;
  }
  return tokens.size();
}
std::size_t countUntil(Tokens tokens, Kind end) {
  return countUntil(tokens, [end](const Token& token) { return token.kind == end; });
}

class LimitParser {
 public:
  explicit LimitParser(std::string_view text) : m_text(text), m_tokens(tokensOf(text)) {
    for (const Token& token : m_tokens)
      if (token.kind == Kind::Unfinished) fail("the text is not closed", Tokens(&token, 1));
  }

  Limit limit() const {
    const Tokens whole = all();
    const std::size_t at = countUntil(whole, [](const Token& token) {
      return (token.kind == Kind::Operator && token.text != "~" && token.text != "<>") || token.text == "!";
    });
    if (at == whole.size()) fail("expected a comparison, as in p99(queue == rx0) > 200us", whole);
    const Token& sign = whole[at];
    if (sign.kind == Kind::Bad) fail("expected !=", whole.subspan(at, 1));
    Limit limit;
    limit.text = textOf(whole);
    limit.measure = measure(whole.first(at));
    limit.sign = sign.text == "=" ? "==" : sign.text;
    readBound(limit, whole.subspan(at + 1));
    return limit;
  }

  Measure measure() const { return measure(all()); }

 private:
  Tokens all() const { return Tokens(m_tokens).first(m_tokens.size() - 1); }

  /// As typed.
  std::string textOf(Tokens tokens) const {
    if (tokens.empty()) return {};
    const std::size_t at = tokens.front().at;
    return std::string(m_text.substr(at, tokens.back().at + tokens.back().length - at));
  }

  Measure measure(Tokens tokens) const {
    const std::size_t open = countUntil(tokens, Kind::Open);
    const Tokens name = tokens.first(open);
    const auto* const function = std::find_if(kFunctions.begin(), kFunctions.end(),
                                              [&](const auto& each) { return each.first == textOf(name); });
    if (function == kFunctions.end())
      fail("expected a measure: p50, p99, p999, max, mean, share, rate or chains, as in p99(queue == rx0)", name);
    if (open == tokens.size()) fail(fmt::format("expected ( after {}", textOf(name)), name);
    const Tokens behind = tokens.subspan(open + 1);
    const std::size_t close = countUntil(behind, Kind::Close);
    if (close == behind.size()) fail("the ( of the measure is not closed", tokens.subspan(open, 1));
    if (close + 1 < behind.size()) fail("nothing may follow the )", behind.subspan(close + 1));
    Measure measure;
    measure.text = textOf(tokens);
    measure.function = function->second;
    if (close > 0) readArguments(measure, behind.first(close));
    return measure;
  }

  void readArguments(Measure& measure, Tokens tokens) const {
    while (true) {
      const std::size_t comma = countUntil(tokens, Kind::Comma);
      const Tokens argument = tokens.first(comma);
      const bool isCause = argument.size() >= 2 && argument[0].is(Kind::Word, "cause") &&
                           (argument[1].is(Kind::Operator, "=") || argument[1].is(Kind::Operator, "=="));
      if (isCause)
        measure.sum = sumNamed(argument.subspan(2));
      else
        measure.condition = both(std::move(measure.condition), condition(argument));
      if (comma == tokens.size()) return;
      tokens = tokens.subspan(comma + 1);
    }
  }

  static Condition condition(Tokens argument) {
    if (argument.empty()) fail("expected a condition or cause = ...", argument);
    const Token& next = argument.data()[argument.size()];
    std::vector<Token> own(argument.begin(), argument.end());
    own.push_back({Kind::End, {}, next.at, 1});
    return parseCondition(own);
  }

  std::size_t sumNamed(Tokens name) const {
    const std::string typed = textOf(name);
    const std::string wanted = typed == "induced" ? "iotlb_induced" : typed == "total" ? "latency" : typed;
    const auto found = std::find(kSumNames.begin(), kSumNames.end(), wanted);
    if (found == kSumNames.end())
      fail(fmt::format("unknown cause '{}'; causes are: {}", typed, fmt::join(kSumNames, ", ")), name);
    return static_cast<std::size_t>(found - kSumNames.begin());
  }

  void readBound(Limit& limit, Tokens right) const {
    if (right.empty()) fail("expected a bound", right);
    if (countUntil(right, Kind::Open) == right.size()) {
      limit.factor = bound(right, limit.measure.unit());
      return;
    }
    if (const std::size_t times = countUntil(right, Kind::Times); times != right.size()) {
      const Tokens factor = right.first(times);
      const auto number = parseQuantity(textOf(factor));
      if (!number || !number->unit.empty()) fail("expected a number before *", factor);
      limit.factor = number->value;
      right = right.subspan(times + 1);
    }
    limit.other = measure(right);
    if (limit.other->unit() != limit.measure.unit())
      fail(fmt::format("{} and {} have different units", limit.measure.text, limit.other->text), right);
  }

  double bound(Tokens tokens, Measure::Unit unit) const {
    const std::string text = textOf(tokens);
    const auto number = parseQuantity(text);
    if (!number) fail("expected a number, a duration or a measure", tokens);
    if (unit == Measure::Unit::Duration)
      if (const auto ns = nsPerUnit(number->unit)) return number->value * *ns;
    if (unit == Measure::Unit::Share && number->unit == "%") return number->value / 100;
    if (unit == Measure::Unit::Rate && number->unit == "/s") return number->value;
    // A bare number is unambiguous except for a duration, where 200 may have been meant as microseconds.
    if (number->unit.empty() && unit != Measure::Unit::Duration) return number->value;
    fail(unit == Measure::Unit::Duration ? "a duration needs ns, us, ms or s"
         : unit == Measure::Unit::Share  ? "a share is a number from 0 to 1 or has %"
         : unit == Measure::Unit::Rate   ? "a rate is a number of chains, or has /s"
                                         : "a number of chains has no unit",
         tokens);
  }

  std::string_view m_text;
  std::vector<Token> m_tokens;
};

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
  return LimitParser(text).measure();
}

Limit parseLimit(std::string_view text) {
  return LimitParser(text).limit();
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
