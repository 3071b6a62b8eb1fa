// SPDX-License-Identifier: GPL-2.0-or-later
// The rows are made from the SQL by a script that knows little of SQL. SQLite, which reads the same text, says here
// what each table really is.
#include "schemas/store/rows.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "schemas/store/table_io.hpp"

namespace descry {
namespace {

template <typename Row>
class RowsTest : public testing::Test {
 protected:
  RowsTest()
      : m_path(std::filesystem::temp_directory_path() / fmt::format("descry-rows-{}-{}.db", Row::table, ::getpid())),
        m_database(Database::create(m_path)) {}
  ~RowsTest() override { std::filesystem::remove(m_path); }

  /// What a column starts with when a row is made, as SQLite would write it.
  static std::string literal(std::int64_t value) { return value == kUnseen ? "NULL" : std::to_string(value); }
  static std::string literal(QueueId id) { return literal(numberOf(id)); }
  static std::string literal(DeviceId id) { return literal(numberOf(id)); }
  static std::string literal(const std::string& value) { return "'" + value + "'"; }
  static std::string literal(const OptionalText& value) { return value ? literal(*value) : "NULL"; }

  static void fill(std::int64_t& value, int column) { value = 1000 + column; }
  static void fill(QueueId& id, int column) { id = QueueId{1000 + column}; }
  static void fill(DeviceId& id, int column) { id = DeviceId{1000 + column}; }
  static void fill(std::string& value, int column) { value = fmt::format("text {}", column); }
  static void fill(OptionalText& value, int column) { value = fmt::format("text {}", column); }

  std::filesystem::path m_path;
  Database m_database;
};

template <typename Tuple>
struct TypesOf;
template <typename... Row>
struct TypesOf<std::tuple<Row...>> {
  using Types = testing::Types<Row...>;
};
struct TableName {
  template <typename Row>
  static std::string GetName(int) {
    return Row::table;
  }
};
TYPED_TEST_SUITE(RowsTest, TypesOf<AllRows>::Types, TableName);

TYPED_TEST(RowsTest, HasAMemberForEachColumn) {
  TypeParam row;
  Statement info = this->m_database.prepare("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info(?)");
  info.bind(0, std::string_view(TypeParam::table));
  int column = 0;
  const auto expectColumn = [&](const auto& value) {
    using Value = std::decay_t<decltype(value)>;
    ASSERT_TRUE(info.step()) << "a member too many";
    const std::string name(info.text(0));
    const bool notNull = info.integer(2) != 0;
    constexpr bool isNumber =
        std::is_same_v<Value, std::int64_t> || std::is_same_v<Value, QueueId> || std::is_same_v<Value, DeviceId>;
    EXPECT_EQ(info.text(1), (isNumber ? "INTEGER" : "TEXT")) << name;
    EXPECT_EQ(notNull, (std::is_same_v<Value, std::string>) || (this->literal(value) != "NULL")) << name;
    const std::string start = !info.isNull(3) ? std::string(info.text(3)) : !notNull ? "NULL" : isNumber ? "0" : "''";
    EXPECT_EQ(this->literal(value), start) << name;
    EXPECT_EQ(info.integer(4), column < TypeParam::keyColumns ? column + 1 : 0) << name;
    ++column;
  };
  std::apply([&](const auto&... value) { (expectColumn(value), ...); }, row.columns());
  EXPECT_FALSE(info.step()) << "no member for " << info.text(0);
}

TYPED_TEST(RowsTest, ComesBackAsItWasWritten) {
  this->m_database.execute("PRAGMA ignore_check_constraints = ON");
  TypeParam full, sparse;
  int column = 0;
  std::apply([&](auto&... value) { (this->fill(value, column++), ...); }, full.columns());
  TableWriter<TypeParam> writer(this->m_database);
  writer.add(full);
  writer.add(sparse);
  writer.flush();
  // The key of the sparse row is smaller in each column, so it is the first.
  auto rows = readAll<TypeParam>(this->m_database);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].columns(), sparse.columns());
  EXPECT_EQ(rows[1].columns(), full.columns());
}

}  // namespace
}  // namespace descry
