// SPDX-License-Identifier: GPL-2.0-or-later
// Runs every *.case file of this folder: a trace, what is done with it, and what must come out. README.md says how such
// a file is written.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "schemas/store/database.hpp"

namespace descry::golden {

namespace {

/// `keyword: text`, continued by indented lines.
struct Step {
  std::string keyword, text;
  int line = 0;
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<Step> readSteps(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  std::vector<Step> steps;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (trimmed(line).empty() || line.front() == '#') continue;
    if (line.front() == ' ') {
      if (steps.empty()) throw std::runtime_error(path.string() + ": begins with an indented line");
      steps.back().text += "\n" + trimmed(line);
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string::npos) throw std::runtime_error(path.string() + ": no keyword in '" + line + "'");
    steps.push_back({line.substr(0, colon), trimmed(line.substr(colon + 1)), number});
  }
  return steps;
}

std::string contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class CaseRun {
 public:
  explicit CaseRun(const std::filesystem::path& path)
      : m_steps(readSteps(path)), m_work(std::filesystem::path(DESCRY_WORK) / path.stem()) {
    std::filesystem::remove_all(m_work);
    std::filesystem::create_directories(m_work);
  }

  void execute() {
    for (m_next = 0; m_next < m_steps.size();) {
      const Step& step = m_steps[m_next++];
      SCOPED_TRACE("line " + std::to_string(step.line) + ": " + step.keyword + ": " + step.text + "\n" + m_output);
      perform(step);
    }
    EXPECT_GT(m_checks, 0) << "the file checks nothing";
  }

 private:
  void perform(const Step& step) {
    if (step.keyword == "title") return;
    if (step.keyword == "capture") {
      m_capture = step.text;
    } else if (step.keyword == "prepare") {
      EXPECT_EQ(shell(step.text), 0) << contents(m_work / "stderr");
    } else if (step.keyword == "run") {
      m_exit = shell(step.text);
      m_output = contents(m_work / "stdout") + contents(m_work / "stderr");
    } else if (step.keyword == "attach") {
      m_attached = step.text;
    } else if (step.keyword == "sql") {
      compareRows(step);
    } else {
      ++m_checks;
      check(step);
    }
  }

  void check(const Step& step) {
    const std::string out = contents(m_work / "stdout"), err = contents(m_work / "stderr");
    if (step.keyword == "exit")
      EXPECT_EQ(std::to_string(m_exit), step.text);
    else if (step.keyword == "stdout")
      EXPECT_NE(out.find(step.text), std::string::npos);
    else if (step.keyword == "stderr")
      EXPECT_NE(err.find(step.text), std::string::npos);
    else if (step.keyword == "stderr-lines")
      EXPECT_EQ(std::to_string(std::count(err.begin(), err.end(), '\n')), step.text);
    else
      FAIL() << "no such keyword: " << step.keyword;
  }

  /// The `row` lines that follow are all rows, in this order.
  void compareRows(const Step& step) {
    ++m_checks;
    std::vector<std::string> expected, found;
    while (m_next < m_steps.size() && m_steps[m_next].keyword == "row") expected.push_back(m_steps[m_next++].text);
    const auto database = Database::openReadOnly(m_work / "out.db");
    if (!m_attached.empty()) database.prepare("ATTACH '" + (m_work / m_attached).string() + "' AS other").step();
    auto statement = database.prepare(step.text);
    while (statement.step()) {
      std::string row;
      for (int column = 0; column < statement.columnCount(); ++column) {
        if (column > 0) row += " | ";
        row += statement.isNull(column) ? "NULL" : std::string(statement.text(column));
      }
      found.push_back(row);
    }
    EXPECT_EQ(found, expected);
  }

  int shell(const std::string& text) const {
    const std::string script = (m_work / "script").string();
    std::ofstream(script) << "set -e\nexport PATH=" << DESCRY_PATH << ":$PATH\nTRACES='" << DESCRY_TRACES << "'\nDATA='"
                          << DESCRY_DATA << "'\nSAMPLES='" << DESCRY_SAMPLES << "'\nCAPTURE='" << DESCRY_TRACES << "/"
                          << m_capture << "'\ncd '" << m_work.string() << "'\n"
                          << text << "\n";
    const std::string command = "/bin/sh '" + script + "' > '" + (m_work / "stdout").string() + "' 2> '" +
                                (m_work / "stderr").string() + "' < /dev/null";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::vector<Step> m_steps;
  std::filesystem::path m_work;
  std::string m_capture, m_attached, m_output;
  std::size_t m_next = 0;
  int m_exit = 0, m_checks = 0;
};

std::vector<std::string> caseFiles() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(DESCRY_CASE_FILES))
    if (entry.path().extension() == ".case") files.push_back(entry.path().stem());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, GivesWhatTheCaseFileSays) {
  CaseRun(std::filesystem::path(DESCRY_CASE_FILES) / (GetParam() + ".case")).execute();
}

INSTANTIATE_TEST_SUITE_P(, Golden, testing::ValuesIn(caseFiles()), [](const auto& parameter) {
  std::string name = parameter.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace descry::golden
