// SPDX-License-Identifier: GPL-2.0-or-later
// One file for a browser, without a network and, if need be, without scripts: the pictures are SVG, and a script that
// is allowed to run puts an interactive chart in their place.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "analyzer/page/case_page.hpp"
#include "analyzer/report/figure_data.hpp"
#include "analyzer/report/formats.hpp"
#include "analyzer/report/html_page.hpp"
#include "analyzer/report/print.hpp"
#include "analyzer/report/report.hpp"
#include "analyzer/report/svg_bars.hpp"
#include "analyzer/report/svg_distribution.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

/// A text in which what stands between apostrophes, commands and options to type, is not broken at its hyphens.
std::string prose(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    auto open = text.find('\'');
    while (open != std::string_view::npos && open > 0 && text[open - 1] != ' ' && text[open - 1] != '(')
      open = text.find('\'', open + 1);  // the apostrophe of a genitive
    const auto close = open == std::string_view::npos ? open : text.find('\'', open + 1);
    if (close == std::string_view::npos) break;
    result += htmlText(text.substr(0, open));
    result += fmt::format("<span class=\"typed\">{}</span>", htmlText(text.substr(open, close + 1 - open)));
    text.remove_prefix(close + 1);
  }
  return result + htmlText(text);
}

class HtmlPrinter {
 public:
  explicit HtmlPrinter(std::ostream& out) : m_out(out) {}

  static bool isShown(const Section& section) {
    return std::any_of(section.blocks.begin(), section.blocks.end(),
                       [](const Block& block) { return shows(block.media, Media::Html); });
  }

  void contents(const Page& page) {
    m_out << "<nav aria-label=\"Contents\">";
    for (const Section& section : page.sections)
      if (const std::string& entry = section.entry.empty() ? section.title : section.entry;
          !entry.empty() && isShown(section))
        m_out << fmt::format("<a href=\"#{}\">{}</a>", section.id, htmlText(entry));
    m_out << "</nav>\n";
  }

  void section(const Section& section) {
    if (!isShown(section)) return;
    m_out << fmt::format("<section id=\"{}\">", section.id);
    if (!section.title.empty()) m_out << fmt::format("<h2>{}</h2>", htmlText(section.title));
    m_out << '\n';
    print(section.blocks);
    m_out << "</section>\n";
  }

  void operator()(const Sentences& sentences) {
    const bool answer = sentences.style == Sentences::Style::Answer, notes = sentences.style == Sentences::Style::Notes;
    m_out << fmt::format("<ul{}>\n", answer ? " class=\"answer\"" : notes ? " class=\"notes\"" : "");
    for (const Sentence& sentence : sentences.items) {
      std::string text = sentence.lead.empty() ? "" : fmt::format("<b>{}</b>", htmlText(sentence.lead));
      text += htmlText(sentence.text);
      for (std::size_t i = 0; i < sentence.more.size(); ++i) text += (i == 0 ? " " : ", ") + htmlText(sentence.more[i]);
      m_out << fmt::format("<li>{}</li>\n", text);
    }
    m_out << "</ul>\n";
  }

  void operator()(const Terms& terms) {
    m_out << "<dl class=\"why\">\n";
    for (const Terms::Term& term : terms.terms) {
      if (term.says.empty() && term.items.empty()) continue;
      m_out << fmt::format("<dt>{}</dt><dd>", htmlText(term.name));
      for (const std::string& text : term.says) m_out << fmt::format("<div>{}</div>", htmlText(text));
      for (const Sentence& item : term.items)
        m_out << fmt::format("<div>{}{}</div>", htmlText(item.lead), htmlText(item.text));
      m_out << "</dd>\n";
    }
    m_out << "</dl>\n";
  }

  void operator()(const Table& table) {
    const bool bars = std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
      for (std::size_t i = 0; i < row.size(); ++i)
        if (row[i].bar && shows(table.columns[i].media, Media::Html)) return true;
      return false;
    });
    if (bars) m_out << sharedPatterns(kCellPatterns);
    writeHtmlTable(table, m_out);
  }

  void operator()(const Card& card) {
    m_out << fmt::format(
        "<article class=\"finding {0}\"><h3><span class=\"badge\">{0}</span> {1}</h3>\n<dl class=\"why\">",
        wordOf(card.severity), htmlText(card.title));
    std::string below;
    for (const Card::Part& part : card.parts) {
      if (!shows(part.media, Media::Html)) continue;
      if (part.kind == Card::Part::Kind::Code)
        below += fmt::format("<details class=\"sql\"><summary>{}</summary><pre>{}</pre></details>", htmlText(part.name),
                             htmlText(part.text));
      else
        m_out << fmt::format("<dt>{}</dt><dd>{}</dd>\n", htmlText(part.name),
                             part.kind == Card::Part::Kind::Row ? rowList(part) : prose(part.text));
    }
    m_out << "</dl>\n" << below << "</article>\n";
  }

  void operator()(const BarFigure& figure) {
    beginFigure(figure.caption, figure.note);
    m_out << causeBars(figure.bars, figure.relative, figure.id + "-bar") << causeLegend(figure.id + "-key");
    endFigure(figureData(figure));
  }

  void operator()(const DistributionFigure& figure) {
    beginFigure(figure.caption, figure.note);
    m_out << distributionPictures(figure);
    endFigure(figureData(figure));
    m_out << "<details class=\"sql\"><summary>SQL of these pictures</summary><pre>";
    for (const std::string& line : figure.sql) m_out << htmlText(line) << '\n';
    m_out << "</pre></details>\n";
  }

  void operator()(const Code& code) {
    m_out << "<pre>";
    for (const std::string& line : code.lines) m_out << htmlText(line) << '\n';
    m_out << "</pre>\n";
  }

  void operator()(const Choice& choice) {
    m_out << fmt::format("<div class=\"levels\" data-first=\"{}\">\n", htmlText(choice.first));
    for (const auto& [name, blocks] : choice.views) {
      m_out << fmt::format("<div class=\"level\" data-level=\"{}\">\n", htmlText(name));
      print(blocks);
      m_out << "</div>\n";
    }
    m_out << "</div>\n";
  }

 private:
  void print(const std::vector<Block>& blocks) {
    for (const Block& block : blocks)
      if (shows(block.media, Media::Html)) std::visit(*this, block.what);
  }

  void beginFigure(std::string_view caption, std::string_view note) {
    m_out << fmt::format("<figure class=\"chart\"><figcaption>{}", htmlText(caption));
    if (!note.empty()) m_out << fmt::format("<span class=\"in-print\">{}</span>", htmlText(note));
    m_out << "</figcaption>\n<div class=\"still\">";
  }

  void endFigure(const std::string& data) {
    m_out << fmt::format("</div><script type=\"application/json\">{}</script></figure>\n", scriptJson(data));
  }

  static std::string rowList(const Card::Part& part) {
    if (part.row.empty()) return htmlText(part.text);
    std::string text = "<dl class=\"evidence\">";
    for (const auto& [column, value] : part.row)
      text += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", htmlText(column), htmlText(value));
    return text + "</dl>";
  }

  std::ostream& m_out;
};

}  // namespace

void printHtml(const Page& page, const ReportOptions& options, std::ostream& out) {
  beginHtml(out, page.title, page.kind);
  HtmlPrinter printer(out);
  printer.contents(page);
  for (const Section& section : page.sections) printer.section(section);
  if (!page.foot.empty())
    out << fmt::format("<footer>{}{}</footer>\n",
                       options.forPaper ? "Under each table is the SQL that returns it. "
                                        : "Click a number for the SQL that returns it. ",
                       htmlText(page.foot));
  endHtml(out, !options.forPaper);
}

void writeHtmlReport(const ReportedCase& reported, const ReportOptions& options, std::ostream& out) {
  printHtml(casePage(reported.database(), reported.summary(), options.by), options, out);
}

}  // namespace descry
