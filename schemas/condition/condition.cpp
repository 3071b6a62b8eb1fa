// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/condition/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>

#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Kind = ConditionField::Kind;

constexpr auto kFields = std::to_array<ConditionField>({
    {"queue", "queue_name", Kind::Text, "rx0, tx0, req0 ..."},
    {"device", "device", Kind::Text, "virtio0 ..."},
    {"vm", "vm", Kind::Text, "virtual machine"},
    {"transport", "transport", Kind::Text, "pci, ccw, mmio, vhost-user, unknown"},
    {"kind", "device_kind", Kind::Text, "net, blk, scsi ..."},
    {"scope", "scope", Kind::Text, "full, guest or host: which halves there are"},
    {"total", "total_ns", Kind::Duration, "latency"},
#define CAUSE(enumerator, name, label, meaning, ...) {#name, #name "_ns", Kind::Duration, meaning},
#include "schemas/model/causes.def"
#undef CAUSE
    {"induced", "iotlb_induced_ns", Kind::Duration, "waiting for misses of other chains"},
    {"stock", "stock_ns", Kind::Duration, "posted buffer waiting before the latency"},
    {"reap_wait", "reap_wait_ns", Kind::Duration, "waiting to be reaped after the latency"},
    {"error", "cross_error_ns", Kind::Duration, "+- of what crosses the clocks"},
    {"start", "start_ns", Kind::Duration, "first point, the trace's own timestamp"},
    {"position", "position", Kind::Number, "avail position"},
    {"epoch", "epoch", Kind::Number, "ring (re)starts before it"},
    {"queue_index", "queue_index", Kind::Number, "index of the queue on its device"},
    {"queue_id", "queue_id", Kind::Number, "queue"},
    {"device_id", "device_id", Kind::Number, "device"},
    {"suspect", "suspect", Kind::Flag, "overlaps a loss"},
    {"complete", "complete", Kind::Flag, "its end was seen"},
#define FIRST_POINT(...)
#define POINT(letter, name, field) {#field, #field "_ns", Kind::Duration, name " (" #letter "), after the start"},
#include "schemas/model/points.def"
#undef POINT
#undef FIRST_POINT
});

const ConditionField* fieldNamed(std::string_view word) {
  for (const ConditionField& field : kFields)
    if (field.name == word || field.column == word) return &field;
  return nullptr;
}

struct Number {
  double value = 0;
  bool hasUnit = false;
};

/// A number, or a duration in nanoseconds; nothing when it has another unit.
std::optional<Number> numberOf(std::string_view text) {
  const auto quantity = parseQuantity(text);
  if (!quantity) return std::nullopt;
  if (quantity->unit.empty()) return Number{quantity->value, false};
  const auto ns = nsPerUnit(quantity->unit);
  if (!ns) return std::nullopt;
  return Number{quantity->value * *ns, true};
}

ConditionValue integerIfWhole(double value) {
  if (value == std::floor(value) && std::abs(value) < 9e18) return static_cast<std::int64_t>(value);
  return value;
}

class Parser {
 public:
  explicit Parser(std::span<const Token> tokens) : m_tokens(tokens) {}

  Condition whole() {
    if (peek().kind != Token::Kind::End) {
      condition();
      if (peek().kind == Token::Kind::Close) fail("no ( belongs to this )");
      if (peek().kind != Token::Kind::End) fail("expected 'and' or 'or'");
    }
    return std::move(m_result);
  }

 private:
  const Token& peek() const { return m_tokens[m_next]; }
  const Token& take() { return m_tokens[m_next + 1 < m_tokens.size() ? m_next++ : m_next]; }
  bool isWordToken(std::string_view word) const { return peek().is(Token::Kind::Word, word); }

  [[noreturn]] void fail(const std::string& message) const { fail(message, peek()); }
  [[noreturn]] static void fail(const std::string& message, const Token& token) {
    if (token.kind == Token::Kind::Unfinished) throw ConditionError("the text is not closed", token.at, token.length);
    throw ConditionError(message, token.at, token.length);
  }

  void condition() {
    // Depth is bounded, so that no text can overflow the stack.
    if (++m_depth > 100) fail("too many parentheses");
    term();
    while (isWordToken("or")) {
      take();
      m_result.sql += " OR ";
      term();
    }
    --m_depth;
  }

  void term() {
    factor();
    while (isWordToken("and")) {
      take();
      m_result.sql += " AND ";
      factor();
    }
  }

  void factor() {
    int negations = 0;
    for (; isWordToken("not"); take()) ++negations;
    if (negations % 2 == 1) m_result.sql += "NOT ";
    if (peek().kind == Token::Kind::Open) {
      take();
      m_result.sql += "(";
      condition();
      if (peek().kind != Token::Kind::Close) fail("expected )");
      take();
      m_result.sql += ")";
      return;
    }
    comparison();
  }

  void comparison() {
    if (peek().kind != Token::Kind::Word) fail("expected a field, such as total, iotlb or queue");
    const Token& word = take();
    const ConditionField* field = fieldNamed(word.text);
    if (field == nullptr) fail(fmt::format("unknown field '{}'", word.text), word);
    if (peek().kind == Token::Kind::Operator) return compare(*field);
    if (isWordToken("in")) return among(*field);
    if (field->kind != Kind::Flag) fail(fmt::format("expected an operator after {}", word.text));
    // A NULL must not make the negation NULL as well.
    m_result.sql += fmt::format("coalesce({}, 0) <> 0", field->column);
  }

  void compare(const ConditionField& field) {
    const Token& sign = take();
    const bool ordered =
        sign.text != "=" && sign.text != "==" && sign.text != "!=" && sign.text != "<>" && sign.text != "~";
    if (ordered && field.kind == Kind::Text) fail(fmt::format("{} is a text: it has no order", field.name), sign);
    if (sign.text == "~" && field.kind != Kind::Text) fail(fmt::format("{} is not a text", field.name), sign);
    const std::string column(field.column);
    if (sign.text == "~") {
      const Token& value = take();
      if (value.kind != Token::Kind::Word && value.kind != Token::Kind::Text && value.kind != Token::Kind::Number)
        fail("expected a text", value);
      m_result.sql += fmt::format("coalesce(instr(lower({}), lower(?)), 0) > 0", column);
      m_result.values.emplace_back(value.text);
      return;
    }
    const std::string sql = sign.text == "==" ? "=" : sign.text == "!=" ? "<>" : sign.text;
    m_result.sql += fmt::format("coalesce({} {} ", column, sql);
    value(field);
    m_result.sql += ", 0)";
  }

  void among(const ConditionField& field) {
    take();
    if (peek().kind != Token::Kind::Open) fail("expected ( after in");
    take();
    m_result.sql += fmt::format("coalesce({} IN (", field.column);
    while (true) {
      value(field);
      if (peek().kind != Token::Kind::Comma) break;
      take();
      m_result.sql += ", ";
    }
    if (peek().kind != Token::Kind::Close) fail("expected , or )");
    take();
    m_result.sql += "), 0)";
  }

  void value(const ConditionField& field) {
    const Token& token = take();
    if (field.kind == Kind::Text) {
      if (token.kind != Token::Kind::Word && token.kind != Token::Kind::Text && token.kind != Token::Kind::Number)
        fail(fmt::format("expected a text for {}", field.name), token);
      m_result.sql += "?";
      m_result.values.emplace_back(token.text);
      return;
    }
    if (token.kind == Token::Kind::Word) {
      const ConditionField* other = fieldNamed(token.text);
      if (other == nullptr || other->kind == Kind::Text)
        fail(fmt::format("expected a number or a duration for {}", field.name), token);
      m_result.sql += other->column;
      return;
    }
    if (token.kind != Token::Kind::Number) fail(fmt::format("expected a value for {}", field.name), token);
    const auto number = numberOf(token.text);
    if (!number) fail("not a number with ns, us, ms or s", token);
    if (number->hasUnit && field.kind != Kind::Duration) fail(fmt::format("{} is not a duration", field.name), token);
    if (peek().kind == Token::Kind::Times) return multiple(*number);
    m_result.sql += "?";
    m_result.values.push_back(integerIfWhole(number->value));
  }

  void multiple(const Number& factor) {
    take();
    const Token& token = take();
    const ConditionField* other = token.kind == Token::Kind::Word ? fieldNamed(token.text) : nullptr;
    if (other == nullptr || other->kind == Kind::Text) fail("expected a field after *", token);
    m_result.sql += fmt::format("? * {}", other->column);
    m_result.values.emplace_back(factor.value);
  }

  std::span<const Token> m_tokens;  ///< the last one is End
  std::size_t m_next = 0;
  int m_depth = 0;
  Condition m_result;
};

}  // namespace

std::span<const ConditionField> conditionFields() {
  return kFields;
}

int Condition::bind(Statement& statement, int first) const {
  for (const auto& value : values)
    std::visit(
        [&](const auto& each) {
          if constexpr (std::is_same_v<std::decay_t<decltype(each)>, std::string>)
            statement.bind(first++, std::string_view(each));
          else
            statement.bind(first++, each);
        },
        value);
  return first;
}

Condition equals(std::string_view field, ConditionValue value) {
  const ConditionField* found = fieldNamed(field);
  if (found == nullptr) throw ConditionError(fmt::format("unknown field '{}'", field), 0, field.size());
  return {fmt::format("coalesce({} = ?, 0)", found->column), {std::move(value)}};
}

Condition both(Condition first, Condition second) {
  if (first.empty()) return second;
  if (second.empty()) return first;
  first.sql = fmt::format("({}) AND ({})", first.sql, second.sql);
  std::ranges::move(second.values, std::back_inserter(first.values));
  return first;
}

Condition parseCondition(std::string_view text) {
  return parseCondition(tokensOf(text));
}

Condition parseCondition(std::span<const Token> tokens) {
  return Parser(tokens).whole();
}

ConditionCompletion completeCondition(std::string_view text, std::size_t cursor,
                                      const std::function<std::vector<std::string>(std::string_view)>& valuesOf) {
  cursor = std::min(cursor, text.size());
  std::size_t begin = cursor;
  while (begin > 0 && isWordCharacter(text[begin - 1])) --begin;
  ConditionCompletion result{begin, cursor - begin, {}};
  const std::string_view typed = text.substr(begin, cursor - begin);
  const std::vector<Token> before = tokensOf(text.substr(0, begin));
  const auto at = [&](std::size_t back) { return before.size() > back ? before[before.size() - 1 - back] : Token{}; };
  const Token last = at(1);
  const auto offer = [&](std::string_view word) {
    if (word.substr(0, typed.size()) == typed && word != typed) result.words.emplace_back(word);
  };
  const auto offerFields = [&](std::initializer_list<Kind> kinds) {
    for (const ConditionField& field : kFields)
      if (std::find(kinds.begin(), kinds.end(), field.kind) != kinds.end()) offer(field.name);
  };
  const bool joins = last.kind == Token::Kind::Word && (last.text == "and" || last.text == "or" || last.text == "not");
  const ConditionField* field = last.kind == Token::Kind::Word ? fieldNamed(last.text) : nullptr;
  if (last.kind == Token::Kind::Operator || last.kind == Token::Kind::Comma ||
      (last.kind == Token::Kind::Open && at(2).text == "in")) {
    const ConditionField* compared = nullptr;
    for (auto each = before.rbegin(); each != before.rend() && compared == nullptr; ++each)
      if (each->kind == Token::Kind::Word) compared = fieldNamed(each->text);
    if (compared != nullptr && compared->kind == Kind::Text && valuesOf)
      for (const std::string& value : valuesOf(compared->name)) offer(value);
    if (compared != nullptr && compared->kind != Kind::Text) offerFields({Kind::Duration});
  } else if (joins || last.kind == Token::Kind::End || last.kind == Token::Kind::Open) {
    offerFields({Kind::Text, Kind::Duration, Kind::Number, Kind::Flag});
    if (last.text != "not") offer("not");
  } else if (field != nullptr && (at(2).kind == Token::Kind::End || at(2).kind == Token::Kind::Open ||
                                  (at(2).kind == Token::Kind::Word && fieldNamed(at(2).text) == nullptr))) {
    for (const std::string_view word : {"==", "!=", "<", ">", "<=", ">=", "~", "in"}) offer(word);
    if (field->kind == Kind::Flag) {
      offer("and");
      offer("or");
    }
  } else {
    offer("and");
    offer("or");
  }
  return result;
}

}  // namespace descry
