// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <set>

#include "schemas/store/database_file.hpp"
#include "schemas/store/table_io.hpp"
#include "tests/unit/error_of.hpp"

namespace descry {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() {
    std::string name = (std::filesystem::temp_directory_path() / "descry-XXXXXX").string();
    m_directory = ::mkdtemp(name.data());
    std::filesystem::permissions(m_directory, std::filesystem::perms{0755});
  }
  ~DatabaseTest() override { std::filesystem::remove_all(m_directory); }

  std::filesystem::path at(const std::string& name) const { return m_directory / name; }

  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(m_directory)) found.insert(entry.path().filename());
    return found;
  }

  std::filesystem::path finished(const std::string& name) const {
    DatabaseFile file(at(name));
    file.database().execute("INSERT INTO meta VALUES ('vm', 'old')");
    file.database().execute("INSERT INTO device_pair VALUES (1, 2, 'order', 0, 1)");
    file.commit();
    return at(name);
  }

  void write(const std::string& name, const std::string& bytes) const { std::ofstream(at(name)) << bytes; }

  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path m_directory;
};

std::string openError(const std::filesystem::path& path) {
  return errorOf([&] { Database::openReadOnly(path); });
}

/// Root may do everything; permissions can only be tested as somebody else.
class AsNobody {
 public:
  AsNobody() : m_wasRoot(::geteuid() == 0) {
    if (m_wasRoot && ::seteuid(65534) != 0) ADD_FAILURE() << "cannot give up root";
  }
  ~AsNobody() {
    if (m_wasRoot && ::seteuid(0) != 0) ADD_FAILURE() << "cannot become root again";
  }

 private:
  bool m_wasRoot;
};

TEST_F(DatabaseTest, EachWayInWhichAFileIsNoCaseDatabaseIsSaidApart) {
  EXPECT_THAT(openError(at("none.db")), AllOf(HasSubstr("none.db: no such file"), HasSubstr("descry import")));
  EXPECT_THAT(openError(m_directory), HasSubstr("is a directory, not a case database"));
  write("empty.db", "");
  EXPECT_THAT(openError(at("empty.db")), HasSubstr("the file is empty"));
  write("text.db", std::string(5000, 'x'));
  EXPECT_THAT(openError(at("text.db")), HasSubstr("no SQLite file"));
  write("short.db", "SQLite format 3");
  EXPECT_THAT(openError(at("short.db")), HasSubstr("no SQLite file"));
  EXPECT_THAT(openError(at("text.db") / "below"), HasSubstr("below"));
}

TEST_F(DatabaseTest, ADatabaseOfAnotherProgramIsRefused) {
  {
    Database other = Database::create(at("other.db"));
    other.execute("PRAGMA application_id = 17");
    other.commit();
  }
  EXPECT_THAT(openError(at("other.db")), HasSubstr("other.db: is an SQLite database of another program"));
  EXPECT_THAT(errorOf([&] { Database::openForAnalysis(at("other.db")); }), HasSubstr("another program"));
}

TEST_F(DatabaseTest, AnotherSchemaVersionSaysToImportAgain) {
  {
    Database newer = Database::create(at("newer.db"));
    newer.execute("PRAGMA user_version = 77");
    newer.commit();
  }
  const auto expected =
      AllOf(HasSubstr(fmt::format("has schema version 77, this descry reads version {}", kSchemaVersion)),
            HasSubstr("import the traces again with descry import"));
  EXPECT_THAT(openError(at("newer.db")), expected);
  EXPECT_THAT(errorOf([&] { Database::openForAnalysis(at("newer.db")); }), expected);
}

TEST_F(DatabaseTest, ACutFileIsRecognised) {
  const auto path = finished("cut.db");
  const auto bytes = std::filesystem::file_size(path);
  std::filesystem::resize_file(path, bytes / 2);
  EXPECT_THAT(openError(path), HasSubstr("is cut short"));
}

TEST_F(DatabaseTest, AFileThatMayNotBeReadOrWrittenIsSaidSo) {
  const auto path = finished("private.db");
  std::filesystem::permissions(path, std::filesystem::perms{0});
  {
    const AsNobody nobody;
    EXPECT_THAT(openError(path), HasSubstr("private.db: cannot open: Permission denied"));
  }
  std::filesystem::permissions(path, std::filesystem::perms{0444});
  std::filesystem::permissions(m_directory, std::filesystem::perms{0555});
  {
    const AsNobody nobody;
    EXPECT_EQ(Database::openReadOnly(path).queryText("SELECT value FROM meta"), "old");
    EXPECT_THAT(errorOf([&] { Database::openForAnalysis(path); }), HasSubstr("no permission to write"));
    EXPECT_THAT(errorOf([&] { DatabaseFile file(at("new.db")); }),
                AllOf(HasSubstr("new.db: cannot create"), HasSubstr("Permission denied")));
  }
  std::filesystem::permissions(m_directory, std::filesystem::perms{0755});
}

TEST_F(DatabaseTest, ReadingChangesNothingAndLeavesNoFileBehind) {
  const auto path = finished("case.db");
  const std::string before = read(path);
  {
    Database database = Database::openReadOnly(path);
    EXPECT_EQ(database.queryInteger("SELECT count(*) FROM chain_view"), 0);
    EXPECT_EQ(names(), std::set<std::string>{"case.db"});
    EXPECT_THAT(errorOf([&] { database.execute("DELETE FROM meta"); }), HasSubstr("case.db"));
  }
  EXPECT_EQ(names(), std::set<std::string>{"case.db"});
  EXPECT_EQ(read(path), before);
}

TEST_F(DatabaseTest, NamesThatMeanSomethingInAUriAreOnlyNames) {
  const auto path = finished("odd name?mode=memory#1%41.db");
  EXPECT_EQ(Database::openReadOnly(path).queryText("SELECT value FROM meta"), "old");
}

TEST_F(DatabaseTest, AFinishedFileHasItsIdentityItsViewsAndStatistics) {
  const auto path = finished("case.db");
  EXPECT_EQ(names(), std::set<std::string>{"case.db"});
  Database database = Database::openReadOnly(path);
  EXPECT_EQ(database.queryInteger("PRAGMA application_id"), 0x44736372);
  EXPECT_EQ(database.queryInteger("PRAGMA user_version"), kSchemaVersion);
  EXPECT_EQ(database.queryInteger("PRAGMA page_size"), 16384);
  EXPECT_EQ(database.queryText("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(database.queryInteger("SELECT count(*) FROM health_view"), 0);
  EXPECT_GT(database.queryInteger("SELECT count(*) FROM sqlite_stat1"), 0);
}

TEST_F(DatabaseTest, UntilCommitTheOldFileStaysAndAfterwardsNoPartIsLeft) {
  const auto path = finished("case.db");
  const std::string old = read(path);
  {
    DatabaseFile file(path);
    file.database().execute("INSERT INTO meta VALUES ('vm', 'given up')");
    EXPECT_EQ(read(path), old);
    EXPECT_TRUE(std::filesystem::exists(file.partPath()));
  }
  EXPECT_EQ(names(), std::set<std::string>{"case.db"});
  EXPECT_EQ(read(path), old);

  DatabaseFile file(path);
  file.database().execute("INSERT INTO meta VALUES ('vm', 'new')");
  file.commit();
  EXPECT_EQ(names(), std::set<std::string>{"case.db"});
  EXPECT_EQ(Database::openReadOnly(path).queryText("SELECT value FROM meta"), "new");
}

TEST_F(DatabaseTest, AMovedDatabaseFileKeepsItsPart) {
  DatabaseFile first(at("case.db"));
  DatabaseFile second(std::move(first));
  { const DatabaseFile gone(std::move(second)); }
  EXPECT_TRUE(names().empty());
}

TEST_F(DatabaseTest, TwoWritersOfOnePathExcludeEachOther) {
  DatabaseFile first(at("case.db"));
  EXPECT_THAT(errorOf([&] { DatabaseFile second(at("case.db")); }), HasSubstr("another descry is writing it"));
  first.database().execute("INSERT INTO meta VALUES ('vm', 'first')");
  first.commit();
  EXPECT_EQ(Database::openReadOnly(at("case.db")).queryText("SELECT value FROM meta"), "first");
}

TEST_F(DatabaseTest, WhatACrashedWriterLeftIsRemovedByTheNextOne) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const DatabaseFile file(at("case.db"));
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_EQ(names().size(), 1U);
  EXPECT_TRUE(names().begin()->ends_with(".part"));
  write(".other.db.descry-0123456789ab.part", "of another target");
  finished("case.db");
  EXPECT_EQ(names(), (std::set<std::string>{".other.db.descry-0123456789ab.part", "case.db"}));
  EXPECT_EQ(Database::openReadOnly(at("case.db")).queryText("PRAGMA integrity_check"), "ok");
}

TEST_F(DatabaseTest, AFullDiskLeavesTheOldFileAndSaysHowMuchIsFree) {
  const auto path = finished("case.db");
  const std::string old = read(path);
  const std::string message = errorOf([&] {
    DatabaseFile file(path);
    // SQLite gives the same answer for a page limit as for a disk without room.
    file.database().execute("PRAGMA max_page_count = 64");
    TableWriter<DoorbellRow> doorbells(file.database());
    for (std::int64_t i = 0; i < 1'000'000; ++i) doorbells.add({.queueId = QueueId{1}, .ns = i, .seq = 0});
    doorbells.flush();
    file.commit();
  });
  EXPECT_THAT(message, AllOf(HasSubstr("case.db: disk full"), HasSubstr("MiB are free")));
  EXPECT_EQ(names(), std::set<std::string>{"case.db"});
  EXPECT_EQ(read(path), old);
}

TEST_F(DatabaseTest, TargetsThatCannotBecomeADatabaseAreRefusedBeforeTheWork) {
  EXPECT_THAT(errorOf([&] { DatabaseFile file(at("no") / "case.db"); }), HasSubstr("does not exist; make it first"));
  EXPECT_THAT(errorOf([&] { DatabaseFile file(m_directory); }), HasSubstr("is a directory"));
  EXPECT_THAT(errorOf([&] { DatabaseFile file("/dev/null"); }), HasSubstr("is not a regular file"));
  EXPECT_TRUE(names().empty());
}

TEST_F(DatabaseTest, ASecondConnectionReadsThePartAfterItsTransactionWasCommitted) {
  DatabaseFile file(at("case.db"));
  file.database().execute("INSERT INTO meta VALUES ('vm', 'half')");
  file.database().commit();
  EXPECT_EQ(Database::openReadOnly(file.partPath()).queryText("SELECT value FROM meta"), "half");
  file.database().begin();
  file.database().execute("INSERT INTO meta VALUES ('x', 'rest')");
  file.commit();
  EXPECT_EQ(Database::openReadOnly(at("case.db")).queryInteger("SELECT count(*) FROM meta"), 2);
}

TEST_F(DatabaseTest, AnAnalysisThatDoesNotCommitLeavesTheOldResults) {
  const auto path = finished("case.db");
  {
    Database database = Database::openForAnalysis(path);
    database.recreateResults();
    EXPECT_EQ(database.queryInteger("SELECT count(*) FROM device_pair"), 0);
  }
  EXPECT_EQ(names(), std::set<std::string>{"case.db"});
  EXPECT_EQ(Database::openReadOnly(path).queryInteger("SELECT count(*) FROM device_pair"), 1);
}

TEST_F(DatabaseTest, ACommittedAnalysisReplacesResultsAndKeepsFactsAndOwnViews) {
  const auto path = finished("case.db");
  {
    Database database = Database::openForAnalysis(path);
    database.execute("CREATE VIEW mine AS SELECT device FROM chain_view");
    database.execute("DROP VIEW cause_view");
    database.recreateResults();
    database.execute("INSERT INTO device_pair VALUES (3, 4, 'map', 0, 1), (5, 6, 'map', 0, 1)");
    database.commit();
  }
  Database database = Database::openReadOnly(path);
  EXPECT_EQ(database.queryInteger("SELECT count(*) FROM device_pair"), 2);
  EXPECT_EQ(database.queryText("SELECT value FROM meta"), "old");
  EXPECT_EQ(database.queryText("SELECT stat FROM sqlite_stat1 WHERE tbl = 'device_pair'"), "2 1 1");
  EXPECT_EQ(database.queryInteger("SELECT count(*) FROM mine"), 0);
  EXPECT_EQ(database.queryInteger("SELECT count(*) FROM cause_view"), 0);
  EXPECT_EQ(database.queryText("PRAGMA integrity_check"), "ok");
}

TEST_F(DatabaseTest, AnAnalysisThatCrashedIsRepairedByTheNextOne) {
  const auto path = finished("case.db");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Database database = Database::openForAnalysis(path);
    database.execute("PRAGMA cache_size = 4");
    database.recreateResults();
    TableWriter<ChainRow> chains(database);
    for (std::int64_t i = 0; i < 50'000; ++i) chains.add({.queueId = QueueId{1}, .position = i, .start = i});
    chains.flush();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_EQ(names().count("case.db-journal"), 1U);
  EXPECT_THAT(openError(path), AllOf(HasSubstr("was interrupted"), HasSubstr("descry analyze")));
  EXPECT_EQ(Database::openForAnalysis(path).queryInteger("SELECT count(*) FROM device_pair"), 1);
  Database database = Database::openReadOnly(path);
  EXPECT_EQ(database.queryInteger("SELECT count(*) FROM chain"), 0);
  EXPECT_EQ(database.queryText("PRAGMA integrity_check"), "ok");
}

TEST_F(DatabaseTest, OnlyOneAnalysisAtATime) {
  const auto path = finished("case.db");
  Database first = Database::openForAnalysis(path);
  EXPECT_THAT(errorOf([&] { Database::openForAnalysis(path); }), HasSubstr("another program is using the file"));
}

TEST_F(DatabaseTest, AnSqlErrorNamesTheFileAndRepeatsWhatSqliteSaid) {
  Database database = Database::create(at("case.db"));
  EXPECT_THAT(errorOf([&] { database.execute("INSERT INTO nowhere VALUES (1)"); }),
              AllOf(HasSubstr("case.db"), HasSubstr("no such table: nowhere"), Not(HasSubstr("disk full"))));
  EXPECT_THAT(errorOf([&] { database.prepare("SELEC 1"); }), AllOf(HasSubstr("SELEC 1"), HasSubstr("syntax error")));
  EXPECT_THAT(errorOf([&] { database.execute("INSERT INTO meta VALUES ('a', NULL)"); }), HasSubstr("meta.value"));
}

TEST_F(DatabaseTest, CreateRefusesAFileThatIsInUse) {
  const auto path = finished("case.db");
  EXPECT_THAT(errorOf([&] { Database::create(path); }), HasSubstr("exists already"));
}

TEST_F(DatabaseTest, StatementsBindAndReadEveryType) {
  Database database = Database::create(at("case.db"));
  Statement statement = database.prepare("SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e");
  statement.bind(0, std::int64_t{-9'007'199'254'740'993});
  statement.bind(1, 0.25);
  statement.bind(2, std::string_view("ä|'\0x", 6));
  statement.bindNull(3);
  statement.bind(4, std::string_view());
  ASSERT_TRUE(statement.step());
  EXPECT_EQ(statement.columnCount(), 5);
  EXPECT_EQ(statement.columnName(2), "c");
  EXPECT_EQ(statement.integer(0), -9'007'199'254'740'993);
  EXPECT_EQ(statement.real(1), 0.25);
  EXPECT_EQ(statement.text(2), std::string_view("ä|'\0x", 6));
  EXPECT_TRUE(statement.isNull(3));
  EXPECT_FALSE(statement.isNull(4));
  EXPECT_EQ(statement.text(4), "");
  EXPECT_FALSE(statement.step());
  EXPECT_EQ(database.queryInteger("SELECT NULL"), std::nullopt);
  EXPECT_EQ(database.queryText("SELECT value FROM meta"), std::nullopt);
}

}  // namespace
}  // namespace descry
