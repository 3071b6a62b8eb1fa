// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/page/case_page.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "schemas/text/escape.hpp"

namespace descry {

namespace {
constexpr std::size_t kMostAnswers = 12;
}

Page casePage(const Database& database, const Summary& summary, ReportLevel by) {
  Page page;
  page.title = std::filesystem::path(summary.databasePath).stem().string();
  page.kind = "Descry report";
  page.sections = {answerSection(summary, by, kMostAnswers),
                   findingSection(summary),
                   levelSection(summary, by),
                   distributionSection(database, summary),
                   healthSection(summary),
                   slowestSection(summary),
                   reproduceSection(summary, by)};
  // Ticks of a clock must not stand in tables of durations.
  if (clockNotNs(summary) != nullptr)
    page.sections = {answerSection(summary, by, kMostAnswers), findingSection(summary), healthSection(summary),
                     reproduceSection(summary, by)};
  page.foot =
      fmt::format("Run it with sqlite3 {}. Made by descry {}.",
                  shellWord(std::filesystem::path(summary.databasePath).filename().string()), summary.toolVersion);
  return page;
}

Section reproduceSection(const Summary& summary, ReportLevel by) {
  Section section{"reproduce", "Reproduce"};
  if (summary.byDevice.empty()) return section;
  Code code;
  const auto query = [&](std::string_view sql) {
    code.lines.push_back(fmt::format("sqlite3 {} \\", shellWord(summary.databasePath)));
    code.lines.push_back(fmt::format("  \"{}\"", sql));
  };
  if (by == ReportLevel::Queue)
    query("SELECT device, queue_name, cause, share, p50_ns, p99_ns FROM cause_view");
  else
    query(fmt::format("SELECT {0}, cause, sum(total_ns) FROM cause_view GROUP BY {0}, cause",
                      by == ReportLevel::Transport ? "transport"
                      : summary.manyMachines()     ? "vm, device"
                                                   : "device"));
  query("SELECT * FROM chain_view ORDER BY total_ns DESC LIMIT 10");
  section.add(std::move(code));
  return section;
}

}  // namespace descry
