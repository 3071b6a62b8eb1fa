// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/condition/condition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "schemas/system/temporary_folder.hpp"
#include "schemas/text/escape.hpp"

namespace descry {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::pair<std::size_t, std::string> errorOf(std::string_view text) {
  try {
    parseCondition(text);
  } catch (const ConditionError& error) {
    return {error.at(), error.what()};
  }
  return {std::string::npos, "no error"};
}

/// Whether a row of these values fulfils the condition, by SQLite.
bool holds(std::string_view text, const std::string& row) {
  const TemporaryFolder folder("condition");
  const Database database = Database::create(folder.path() / "case.db");
  const Condition condition = parseCondition(text);
  Statement statement =
      database.prepare("SELECT 1 FROM (SELECT " + row + ") WHERE " + (condition.empty() ? "1" : condition.sql));
  condition.bind(statement, 0);
  return statement.step();
}

TEST(Condition, ComparesTextsDurationsAndFields) {
  const std::string row = "'rx0' AS queue_name, 60000 AS iotlb_ns, 100000 AS total_ns, 0 AS suspect, NULL AS stock_ns";
  EXPECT_TRUE(holds("queue == rx0 and iotlb > 50us", row));
  EXPECT_FALSE(holds("queue == rx0 and iotlb > 0.06ms", row));
  EXPECT_TRUE(holds("iotlb > 0.5 * total", row));
  EXPECT_FALSE(holds("iotlb > total", row));
  EXPECT_TRUE(holds("queue in (tx0, rx0)", row));
  EXPECT_TRUE(holds("queue ~ X", row));
  EXPECT_TRUE(holds("not suspect", row));
  EXPECT_TRUE(holds("", row));
  EXPECT_TRUE(holds("total_ns == 100000", row)) << "columns of chain_view are fields too";
}

TEST(Condition, BindsOrTighterThanNothingAndAndTighterThanOr) {
  const std::string row = "1 AS total_ns, 2 AS ring_ns, 3 AS backend_ns";
  EXPECT_TRUE(holds("total == 1 or ring == 9 and backend == 9", row));
  EXPECT_FALSE(holds("(total == 1 or ring == 9) and backend == 9", row));
  EXPECT_TRUE(holds("not total == 2 and ring == 2", row));
}

TEST(Condition, TakesWhatIsNotKnownForFalseOnBothSidesOfNot) {
  const std::string row = "NULL AS stock_ns";
  EXPECT_FALSE(holds("stock > 1", row));
  EXPECT_TRUE(holds("not stock > 1", row));
}

TEST(Condition, NeverPutsWhatWasTypedIntoTheStatement) {
  const Condition condition = parseCondition("device == \"x' OR 1=1 --\"");
  EXPECT_THAT(condition.sql, Not(HasSubstr("OR 1")));
  ASSERT_EQ(condition.values.size(), 1U);
  EXPECT_EQ(std::get<std::string>(condition.values[0]), "x' OR 1=1 --");
}

TEST(Condition, SaysWhereItIsWrong) {
  EXPECT_EQ(errorOf("foo == 1"), (std::pair<std::size_t, std::string>{0, "unknown field 'foo'"}));
  EXPECT_EQ(errorOf("total > 5 parsecs").first, 10U);
  EXPECT_EQ(errorOf("total > 5parsecs").first, 8U);
  EXPECT_EQ(errorOf("total >").first, 7U);
  EXPECT_EQ(errorOf("(total > 5").second, "expected )");
  EXPECT_EQ(errorOf("total > 5)").second, "no ( belongs to this )");
  EXPECT_EQ(errorOf("queue < rx0").second, "queue is a text: it has no order");
  EXPECT_EQ(errorOf("queue == 'rx0").second, "the text is not closed");
  EXPECT_EQ(errorOf("position > 3us").second, "position is not a duration");
  EXPECT_EQ(errorOf(std::string(5000, '(')).second, "too many parentheses");
}

/// What a device can be called: a name is data, and must not end a text or begin an operator.
constexpr const char* kHardNames[] = {"it's", "a\"b", "it's \"both\"", "' OR 1=1 --", "", "x)", "virtio 0", "''", "é"};

TEST(Condition, FindsADeviceByItsNameWhateverIsInIt) {
  for (const std::string name : kHardNames) {
    const std::string row = sqlText(name) + " AS device", other = "'other' AS device";
    const Condition built = equals("device", name);
    EXPECT_EQ(built.sql.find('\''), std::string::npos);
    EXPECT_EQ(std::get<std::string>(built.values.at(0)), name);
    const std::string typed = "device == " + sqlText(name);
    EXPECT_TRUE(holds(typed, row)) << typed;
    EXPECT_FALSE(holds(typed, other)) << typed;
  }
}

TEST(Condition, ReadsADoubledQuoteAsAQuoteOfTheText) {
  EXPECT_EQ(std::get<std::string>(parseCondition("device == 'it''s'").values.at(0)), "it's");
  EXPECT_EQ(std::get<std::string>(parseCondition("device == \"a\"\"b\"").values.at(0)), "a\"b");
  EXPECT_EQ(errorOf("device == 'it''s").second, "the text is not closed");
}

TEST(Condition, JoinsTwoThatMustBothHold) {
  const Condition joined = both(parseCondition("total > 5 or ring > 6"), equals("device", std::string("a")));
  EXPECT_EQ(joined.sql, "(coalesce(total_ns > ?, 0) OR coalesce(ring_ns > ?, 0)) AND (coalesce(device = ?, 0))");
  ASSERT_EQ(joined.values.size(), 3U);
  EXPECT_EQ(std::get<std::int64_t>(joined.values[0]), 5);
  EXPECT_EQ(std::get<std::string>(joined.values[2]), "a");
  EXPECT_EQ(both({}, parseCondition("total > 5")).sql, parseCondition("total > 5").sql);
  EXPECT_EQ(both(parseCondition("total > 5"), {}).sql, parseCondition("total > 5").sql);
  EXPECT_THROW(equals("quue", std::int64_t{1}), ConditionError);
}

TEST(Lexer, KeepsWhereEachTokenStands) {
  using Kind = Token::Kind;
  const auto tokens = tokensOf("p99(queue='r x',total>=-5us) < 12.5 %!");
  const std::tuple<Kind, const char*, std::size_t, std::size_t> wanted[] = {
      {Kind::Word, "p99", 0, 3},    {Kind::Open, "(", 3, 1},       {Kind::Word, "queue", 4, 5},
      {Kind::Operator, "=", 9, 1},  {Kind::Text, "r x", 10, 5},    {Kind::Comma, ",", 15, 1},
      {Kind::Word, "total", 16, 5}, {Kind::Operator, ">=", 21, 2}, {Kind::Number, "-5us", 23, 4},
      {Kind::Close, ")", 27, 1},    {Kind::Operator, "<", 29, 1},  {Kind::Number, "12.5", 31, 4},
      {Kind::Percent, "%", 36, 1},  {Kind::Bad, "!", 37, 1},       {Kind::End, "", 38, 0}};
  ASSERT_EQ(tokens.size(), std::size(wanted));
  for (std::size_t i = 0; i < tokens.size(); ++i)
    EXPECT_EQ(std::make_tuple(tokens[i].kind, tokens[i].text, tokens[i].at, tokens[i].length),
              (std::tuple<Kind, std::string, std::size_t, std::size_t>(wanted[i])))
        << "token " << i;
}

TEST(ConditionCompletion, OffersWhatFitsAtTheCursor) {
  const auto values = [](std::string_view field) {
    return field == "queue" ? std::vector<std::string>{"rx0", "tx0"} : std::vector<std::string>{};
  };
  EXPECT_THAT(completeCondition("", 0, values).words, Contains("iotlb"));
  EXPECT_THAT(completeCondition("que", 3, values).words, ElementsAre("queue", "queue_index", "queue_id"));
  EXPECT_THAT(completeCondition("queue ", 6, values).words, Contains("=="));
  EXPECT_THAT(completeCondition("queue == ", 9, values).words, ElementsAre("rx0", "tx0"));
  EXPECT_THAT(completeCondition("queue == r", 10, values).words, ElementsAre("rx0"));
  EXPECT_THAT(completeCondition("queue == rx0 ", 13, values).words, ElementsAre("and", "or"));
  EXPECT_THAT(completeCondition("queue == rx0 and io", 19, values).words, ElementsAre("iotlb"));
  EXPECT_EQ(completeCondition("queue == rx0 and io", 19, values).at, 17U);
}

}  // namespace
}  // namespace descry
