// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/condition/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

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
    {"m", "m_ns", Kind::Duration, "M after the start"},
    {"a", "a_ns", Kind::Duration, "A after the start"},
    {"k", "k_ns", Kind::Duration, "K after the start"},
    {"n", "n_ns", Kind::Duration, "n after the start"},
    {"host_k", "host_k_ns", Kind::Duration, "k after the start"},
    {"w", "w_ns", Kind::Duration, "w after the start"},
    {"t", "t_ns", Kind::Duration, "t after the start"},
    {"f", "f_ns", Kind::Duration, "f after the start"},
    {"p", "p_ns", Kind::Duration, "p after the start"},
    {"u", "u_ns", Kind::Duration, "u after the start"},
    {"s", "s_ns", Kind::Duration, "s after the start"},
    {"i", "i_ns", Kind::Duration, "I after the start"},
    {"d", "d_ns", Kind::Duration, "D after the start"},
    {"r", "r_ns", Kind::Duration, "R after the start"},
    {"c", "c_ns", Kind::Duration, "C after the start"},
});

const ConditionField* fieldNamed(std::string_view word) {
  for (const ConditionField& field : kFields)
    if (field.name == word || field.column == word) return &field;
  return nullptr;
}

struct Token {
  enum class Kind : std::uint8_t { End, Word, Number, Text, Operator, Open, Close, Comma, Times, Bad };
  Kind kind = Kind::End;
  std::string_view text;  ///< without quotes
  std::size_t at = 0, length = 0;
};

bool isWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' || c == ':' || c == '/';
}

std::vector<Token> tokens(std::string_view text) {
  std::vector<Token> result;
  std::size_t at = 0;
  const auto push = [&](Token::Kind kind, std::size_t length) {
    result.push_back({kind, text.substr(at, length), at, length});
    at += length;
  };
  while (at < text.size()) {
    const char c = text[at];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at;
    } else if (c == '(' || c == ')' || c == ',' || c == '*') {
      push(c == '('   ? Token::Kind::Open
           : c == ')' ? Token::Kind::Close
           : c == ',' ? Token::Kind::Comma
                      : Token::Kind::Times,
           1);
    } else if (c == '\'' || c == '"') {
      const std::size_t close = text.find(c, at + 1);
      if (close == std::string_view::npos) {
        push(Token::Kind::Bad, text.size() - at);
        break;
      }
      result.push_back({Token::Kind::Text, text.substr(at + 1, close - at - 1), at, close - at + 1});
      at = close + 1;
    } else if (std::string_view("=!<>~").find(c) != std::string_view::npos) {
      const bool two = at + 1 < text.size() && (text[at + 1] == '=' || (c == '<' && text[at + 1] == '>'));
      push(c == '!' && !two ? Token::Kind::Bad : Token::Kind::Operator, two ? 2 : 1);
    } else if (isWord(c)) {
      std::size_t end = at;
      while (end < text.size() && isWord(text[end])) ++end;
      const bool number = std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.' ||
                          (c == '-' && end > at + 1 && std::isdigit(static_cast<unsigned char>(text[at + 1])) != 0);
      push(number ? Token::Kind::Number : Token::Kind::Word, end - at);
    } else {
      push(Token::Kind::Bad, 1);
    }
  }
  result.push_back({Token::Kind::End, {}, text.size(), 0});
  return result;
}

struct Number {
  double value = 0;
  bool hasUnit = false;
};

std::optional<Number> numberOf(std::string_view text) {
  Number number;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number.value);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.empty()) return number;
  number.hasUnit = true;
  for (const auto& [name, factor] :
       {std::pair<std::string_view, double>{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}})
    if (unit == name) {
      number.value *= factor;
      return number;
    }
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : m_tokens(tokens(text)) {}

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
  Token take() { return m_tokens[m_next + 1 < m_tokens.size() ? m_next++ : m_next]; }
  bool isWordToken(std::string_view word) const { return peek().kind == Token::Kind::Word && peek().text == word; }

  [[noreturn]] void fail(const std::string& message) const { fail(message, peek()); }
  [[noreturn]] static void fail(const std::string& message, const Token& token) {
    if (token.kind == Token::Kind::Bad && token.length > 0 && (token.text.front() == '\'' || token.text.front() == '"'))
      throw ConditionError("the text is not closed", token.at, token.length);
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
    const Token word = take();
    const ConditionField* field = fieldNamed(word.text);
    if (field == nullptr) fail(fmt::format("there is no field '{}'", word.text), word);
    if (peek().kind == Token::Kind::Operator) return compare(*field);
    if (isWordToken("in")) return among(*field);
    if (field->kind != Kind::Flag) fail(fmt::format("expected an operator after {}", word.text));
    // A NULL must not make the negation NULL as well.
    m_result.sql += fmt::format("coalesce({}, 0) <> 0", field->column);
  }

  void compare(const ConditionField& field) {
    const Token sign = take();
    const bool ordered =
        sign.text != "=" && sign.text != "==" && sign.text != "!=" && sign.text != "<>" && sign.text != "~";
    if (ordered && field.kind == Kind::Text) fail(fmt::format("{} is a text: it has no order", field.name), sign);
    if (sign.text == "~" && field.kind != Kind::Text) fail(fmt::format("{} is no text", field.name), sign);
    const std::string column(field.column);
    if (sign.text == "~") {
      const Token value = take();
      if (value.kind != Token::Kind::Word && value.kind != Token::Kind::Text && value.kind != Token::Kind::Number)
        fail("expected a text", value);
      m_result.sql += fmt::format("coalesce(instr(lower({}), lower(?)), 0) > 0", column);
      m_result.values.emplace_back(std::string(value.text));
      return;
    }
    const std::string_view sql = sign.text == "==" ? "=" : sign.text == "!=" ? "<>" : sign.text;
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
    const Token token = take();
    if (field.kind == Kind::Text) {
      if (token.kind != Token::Kind::Word && token.kind != Token::Kind::Text && token.kind != Token::Kind::Number)
        fail(fmt::format("expected a text for {}", field.name), token);
      m_result.sql += "?";
      m_result.values.emplace_back(std::string(token.text));
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
    if (number->hasUnit && field.kind != Kind::Duration) fail(fmt::format("{} is no duration", field.name), token);
    if (peek().kind == Token::Kind::Times) return multiple(*number);
    m_result.sql += "?";
    if (number->value == std::floor(number->value) && std::abs(number->value) < 9e18)
      m_result.values.emplace_back(static_cast<std::int64_t>(number->value));
    else
      m_result.values.emplace_back(number->value);
  }

  void multiple(const Number& factor) {
    take();
    const Token token = take();
    const ConditionField* other = token.kind == Token::Kind::Word ? fieldNamed(token.text) : nullptr;
    if (other == nullptr || other->kind == Kind::Text) fail("expected a field after *", token);
    m_result.sql += fmt::format("? * {}", other->column);
    m_result.values.emplace_back(factor.value);
  }

  std::vector<Token> m_tokens;
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

Condition parseCondition(std::string_view text) {
  return Parser(text).whole();
}

ConditionCompletion completeCondition(std::string_view text, std::size_t cursor,
                                      const std::function<std::vector<std::string>(std::string_view)>& valuesOf) {
  cursor = std::min(cursor, text.size());
  std::size_t begin = cursor;
  while (begin > 0 && isWord(text[begin - 1])) --begin;
  ConditionCompletion result{begin, cursor - begin, {}};
  const std::string_view typed = text.substr(begin, cursor - begin);
  const auto before = tokens(text.substr(0, begin));
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
