// SPDX-License-Identifier: GPL-2.0-or-later
// A page as text for a terminal.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/page/case_page.hpp"
#include "analyzer/report/formats.hpp"
#include "analyzer/report/print.hpp"
#include "analyzer/report/text_page.hpp"
#include "analyzer/report/text_table.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

constexpr int kTermColumns = 10;

class TextPrinter {
 public:
  TextPrinter(const ReportOptions& options, std::ostream& out)
      : m_page(out, options), m_sql(options.detail == Detail::Sql) {}

  void section(const Section& section) {
    const auto seen = [](const Block& block) { return shows(block.media, Media::Text); };
    if (std::none_of(section.blocks.begin(), section.blocks.end(), seen)) return;
    if (!section.title.empty() && shows(section.titled, Media::Text))
      m_page.heading(printable(section.title));
    else if (!m_first)
      m_page.line();
    m_first = false;
    print(section.blocks);
  }

  void operator()(const Sentences& sentences) {
    for (const Sentence& sentence : sentences.items) print(sentence, sentences.style);
  }

  void operator()(const Terms& terms) {
    for (const Terms::Term& term : terms.terms) {
      std::string name = term.name;
      for (const std::string& text : term.says) {
        m_page.paragraph(fmt::format("{:<{}}", name, kTermColumns), printable(text), kTermColumns, term.ink);
        name.clear();
      }
      for (const Sentence& item : term.items)
        m_page.paragraph(fmt::format("{:<{}}{}", "", kTermColumns, m_page.paint(item.ink, printable(item.lead))),
                         printable(item.text), kTermColumns + 4);
    }
  }

  void operator()(const Table& table) { printTextTable(table, m_page); }

  void operator()(const Card& card) {
    if (m_afterCard) m_page.line();
    m_page.paragraph(fmt::format("{}: ", wordOf(card.severity)), printable(card.title), 2, inkOf(card.severity));
    for (const Card::Part& part : card.parts)
      if (shows(part.media, Media::Text) && (m_sql || part.kind != Card::Part::Kind::Code))
        m_page.paragraph(fmt::format("  {}: ", part.name), printable(part.text), 4, Ink::Bold);
  }

  void operator()(const Code& code) {
    for (const std::string& line : code.lines) m_page.line("  " + printable(line));
  }

  void operator()(const Choice& choice) {
    for (const auto& [name, blocks] : choice.views)
      if (name == choice.first) print(blocks);
  }

  void operator()(const BarFigure&) {}           // the bars of the tables
  void operator()(const DistributionFigure&) {}  // the percentiles of the tables

 private:
  void print(const std::vector<Block>& blocks) {
    m_afterCard = false;
    for (const Block& block : blocks) {
      if (!shows(block.media, Media::Text)) continue;
      std::visit(*this, block.what);
      m_afterCard = std::holds_alternative<Card>(block.what);
    }
  }

  void print(const Sentence& sentence, Sentences::Style style) {
    const bool notes = style == Sentences::Style::Notes;
    const std::string lead = (notes ? "  " : "") + printable(sentence.lead);
    std::string text = printable(sentence.text);
    if (sentence.lead.empty() && !text.empty()) text = m_page.paint(sentence.ink, text);
    int column = columnsOf(lead) + columnsOf(text) + 1;
    for (std::size_t i = 0; i < sentence.more.size(); ++i) {
      const std::string item = printable(sentence.more[i]);
      column += (i > 0 ? 2 : 0) + columnsOf(item);
      if (i > 0 && column > m_page.width()) break;
      text += i == 0 ? " " + m_page.paint(Ink::Bold, item) : ", " + item;
    }
    const int hanging = style == Sentences::Style::Steps ? columnsOf(lead) : notes && !sentence.lead.empty() ? 4 : 2;
    m_page.paragraph(lead, text, hanging, sentence.lead.empty() ? Ink::Plain : sentence.ink);
  }

  TextPage m_page;
  bool m_sql, m_first = true, m_afterCard = false;
};

}  // namespace

void printText(const Page& page, const ReportOptions& options, std::ostream& out) {
  TextPrinter printer(options, out);
  for (const Section& section : page.sections) printer.section(section);
}

void writeTextReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out) {
  const bool all = options.detail != Detail::Screen;
  printText(
      all ? casePage(reported.database(), reported.summary(), options.by) : firstScreen(reported.summary(), options.by),
      options, out);
}

}  // namespace descry
