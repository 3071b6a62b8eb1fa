// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schemas/condition/lexer.hpp"
#include "schemas/model/error.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// A condition over chains that people type: `queue == rx0 and (iotlb > 50us or suspect)`.
///
///   condition  = term { "or" term }            term = factor { "and" factor }
///   factor     = "not" factor | "(" condition ")" | flag | comparison
///   comparison = field operator value | field "in" "(" value { "," value } ")"
///   operator   = == != < <= > >= ~             (~: contains the text; = is the same as ==)
///   value      = number [ns us ms s m h] | word | 'text' | "text" | [number *] field
///
/// A field is a column of chain_view or its short name (conditionFields). Durations without a unit are nanoseconds.

/// Says what is wrong with a condition, and where.
class ConditionError : public Error {
 public:
  ConditionError(const std::string& message, std::size_t at, std::size_t length)
      : Error(message), m_at(at), m_length(length) {}
  std::size_t at() const { return m_at; }  ///< byte of the text
  std::size_t length() const { return m_length; }

 private:
  std::size_t m_at, m_length;
};

struct ConditionField {
  enum class Kind : std::uint8_t { Text, Number, Duration, Flag };
  std::string_view name, column;
  Kind kind;
  std::string_view meaning;
};

/// Every field that a condition can name.
std::span<const ConditionField> conditionFields();

using ConditionValue = std::variant<std::int64_t, double, std::string>;

/// A condition as SQL over the columns of chain_view, with ? for its values.
struct Condition {
  std::string sql;  ///< empty: no condition at all
  std::vector<ConditionValue> values;

  bool empty() const { return sql.empty(); }
  /// Binds the values to the parameters from `first` on; returns the parameter after the last.
  int bind(Statement& statement, int first) const;
};

/// Throws ConditionError. Blank text is the empty condition, which every chain meets.
Condition parseCondition(std::string_view text);
/// The same of tokens, of which the last is End.
Condition parseCondition(std::span<const Token> tokens);

/// A field has exactly this value. For values that come from a database: a name there can hold quotes, blanks and
/// operators, so a condition on it is never written as text and parsed. Throws ConditionError for an unknown field.
Condition equals(std::string_view field, ConditionValue value);
/// Both hold. An empty condition always holds.
Condition both(Condition first, Condition second);

struct ConditionCompletion {
  std::size_t at = 0;      ///< where the word under the cursor begins
  std::size_t length = 0;  ///< its length; the completions replace it
  std::vector<std::string> words;
};

/// What could stand at the cursor: fields, operators, joining words, or the values that `valuesOf` knows for a field.
ConditionCompletion completeCondition(std::string_view text, std::size_t cursor,
                                      const std::function<std::vector<std::string>(std::string_view)>& valuesOf);

}  // namespace descry
