// SPDX-License-Identifier: GPL-2.0-or-later
// A page as GitHub's Markdown: what merge requests, issues and wikis show.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "analyzer/page/case_page.hpp"
#include "analyzer/report/formats.hpp"
#include "analyzer/report/print.hpp"
#include "analyzer/report/report.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

class MarkdownPrinter {
 public:
  explicit MarkdownPrinter(std::ostream& out) : m_out(out) {}

  void section(const Section& section) {
    const auto seen = [](const Block& block) { return shows(block.media, Media::Markdown); };
    if (std::none_of(section.blocks.begin(), section.blocks.end(), seen)) return;
    m_title = section.title;
    if (!m_title.empty()) m_out << fmt::format("\n## {}\n", markdownText(m_title));
    print(section.blocks);
  }

  void operator()(const Sentences& sentences) {
    m_out << '\n';
    for (const Sentence& sentence : sentences.items) {
      std::string text = markdownText(sentence.text);
      for (std::size_t i = 0; i < sentence.more.size(); ++i)
        text += (i == 0 ? " " : ", ") + markdownText(sentence.more[i]);
      item("- ", sentence.lead, text);
    }
  }

  void operator()(const Terms& terms) {
    m_out << '\n';
    for (const Terms::Term& term : terms.terms) {
      for (const std::string& text : term.says) item("- ", term.name + ": ", markdownText(text));
      for (const Sentence& sentence : term.items) item("  - ", sentence.lead, markdownText(sentence.text));
    }
  }

  void operator()(const Table& table) {
    m_out << '\n';
    if (table.caption != m_title) m_out << fmt::format("**{}**\n\n", markdownText(table.caption));
    std::string names, rule;
    for (const Column& column : table.columns) {
      if (!shows(column.media, Media::Markdown)) continue;
      names += fmt::format(" {} |", markdownText(column.name));
      rule += column.align == Column::Align::Left ? " --- |" : " ---: |";
    }
    m_out << '|' << names << "\n|" << rule << '\n';
    for (const auto& row : table.rows) {
      m_out << '|';
      for (std::size_t i = 0; i < row.size(); ++i)
        if (shows(table.columns[i].media, Media::Markdown)) m_out << ' ' << cellText(row[i]) << " |";
      m_out << '\n';
    }
  }

  void operator()(const Card& card) {
    m_out << fmt::format("\n### {}: {}\n\n", wordOf(card.severity), markdownText(card.title));
    for (const Card::Part& part : card.parts)
      if (shows(part.media, Media::Markdown) && part.kind == Card::Part::Kind::Prose)
        item("- ", part.name + ": ", markdownText(part.text));
    for (const Card::Part& part : card.parts)
      if (shows(part.media, Media::Markdown) && part.kind != Card::Part::Kind::Prose) fold(part);
  }

  void operator()(const Code& code) {
    m_out << '\n';
    // Indented lines are code, with any content.
    for (const std::string& line : code.lines) m_out << "    " << printable(utf8(line)) << '\n';
  }

  void operator()(const Choice& choice) {
    for (const auto& [name, blocks] : choice.views)
      if (name == choice.first) print(blocks);
  }

  void operator()(const BarFigure&) {}  // what they show stands in the tables
  void operator()(const DistributionFigure&) {}

 private:
  void print(const std::vector<Block>& blocks) {
    for (const Block& block : blocks)
      if (shows(block.media, Media::Markdown)) std::visit(*this, block.what);
  }

  /// Unfolds by a click where the viewer can do that.
  void fold(const Card::Part& part) {
    m_out << fmt::format("\n<details><summary>{}</summary>\n\n", part.name);
    if (part.kind == Card::Part::Kind::Row) {
      m_out << "| column | value |\n| --- | --- |\n";
      for (const auto& [column, value] : part.row)
        m_out << fmt::format("| {} | {} |\n", markdownText(column), markdownText(value));
    } else {
      m_out << fmt::format("    {}\n", printable(utf8(part.text)));
    }
    m_out << "\n</details>\n";
  }

  void item(std::string_view bullet, std::string lead, const std::string& text) {
    lead.erase(lead.find_last_not_of(' ') + 1);
    m_out << bullet << (lead.empty() ? "" : fmt::format("**{}** ", markdownText(lead))) << text << '\n';
  }

  static std::string cellText(const Cell& cell) {
    std::string text = markdownText(cell.text);
    if (!cell.badge.empty()) text += fmt::format(" ({})", markdownText(cell.badge));
    return cell.strong ? fmt::format("**{}**", text) : text;
  }

  std::ostream& m_out;
  std::string m_title;
};

}  // namespace

void printMarkdown(const Page& page, std::ostream& out) {
  out << fmt::format("# {}: {}\n", markdownText(page.kind), markdownText(page.title));
  MarkdownPrinter printer(out);
  for (const Section& section : page.sections) printer.section(section);
}

void writeMarkdownReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out) {
  printMarkdown(casePage(reported.database(), reported.summary(), options.by), out);
}

}  // namespace descry
