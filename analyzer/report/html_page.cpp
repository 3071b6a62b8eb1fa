// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/report/html_page.hpp"

#include <fmt/format.h>

#include <ostream>

#include "analyzer/report/palette.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

std::string cell(std::string_view shown, std::string_view value, std::string_view sql, std::string_view cause = {}) {
  return fmt::format("<td class=\"n{}{}\" data-v=\"{}\" data-sql=\"{}\">{}</td>", cause.empty() ? "" : " most c-",
                     cause, value, htmlText(sql), htmlText(shown));
}

std::string causeColours(bool dark) {
  std::string text;
  for (std::size_t i = 0; i < kCauses; ++i)
    text += fmt::format("--{}:#{:06x};", kCauseNames[i], dark ? kCauseTable[i].dark : kCauseTable[i].light);
  return text;
}

/// The palette of the causes, for either theme, as the page's own choice and as the system's.
std::string causeStyles() {
  std::string text = fmt::format(
      ":root{{{0}}}\n@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{1}}}}}\n"
      ":root[data-theme=dark]{{{1}}}\n@media print{{:root,:root[data-theme]{{{0}}}}}\n",
      causeColours(false), causeColours(true));
  for (const std::string_view cause : kCauseNames)
    text += fmt::format(".f-{0}{{fill:var(--{0})}}.c-{0}{{--mark:var(--{0})}}\n", cause);
  return text;
}

}  // namespace

std::string timeCell(Ns ns, const std::string& sql, bool about) {
  return cell(ns == 0 ? "-" : (about ? "~" : "") + timeText(ns), fmt::format("{}", ns), sql);
}

std::string countCell(std::int64_t count, const std::string& sql) {
  return cell(countText(count), fmt::format("{}", count), sql);
}

std::string shareCell(double share, std::string_view shown, const std::string& sql, std::string_view markedCause) {
  return cell(shown, fmt::format("{:.6f}", share), sql, markedCause);
}

std::string textCell(std::string_view text) {
  return fmt::format("<td>{}</td>", htmlText(text));
}

HtmlTable::HtmlTable(std::ostream& out, std::string_view caption, const std::vector<std::string>& columns,
                     std::size_t texts)
    : m_out(out) {
  m_out << fmt::format("<div class=\"scroll\"><table class=\"sortable{}\"><caption>{}</caption>\n<thead><tr>",
                       caption == "Slowest chains" ? " slowest" : "", htmlText(caption));
  for (std::size_t i = 0; i < columns.size(); ++i)
    m_out << fmt::format("<th scope=\"col\"{}>{}</th>", i < texts ? "" : " class=\"n\"", htmlText(columns[i]));
  m_out << "</tr></thead>\n<tbody>\n";
}

HtmlTable::~HtmlTable() {
  m_out << "</tbody></table></div>\n";
  if (!m_sql.empty())
    m_out << fmt::format("<details class=\"sql\"><summary>SQL of this table</summary><pre>{}</pre></details>\n",
                         htmlText(m_sql));
}

void HtmlTable::row(const std::vector<std::string>& cells, std::string_view attributes) {
  m_out << "<tr" << (attributes.empty() ? "" : " ") << attributes << '>';
  for (const std::string& text : cells) m_out << text;
  m_out << "</tr>\n";
}

void beginHtml(std::ostream& out, std::string_view title, std::string_view kind) {
  // The policy is the promise that the page asks nobody for anything, kept by the browser.
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
         "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"generator\" content=\"Descry\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n";
  out << fmt::format("<title>{}</title>\n<style>\n{}{}</style>\n</head>\n<body>\n", htmlText(title), causeStyles(),
                     web::css);
  out << fmt::format(
      "<header><div><p class=\"kind\">{}</p><h1>{}</h1></div>"
      "<button id=\"theme\" type=\"button\" hidden>Theme</button></header>\n<main>\n",
      htmlText(kind), htmlText(title));
}

void endHtml(std::ostream& out, bool interactive) {
  if (!interactive) {
    out << "</main>\n</body>\n</html>\n";
    return;
  }
  out << "</main>\n<aside id=\"sql\" hidden role=\"dialog\" aria-label=\"SQL of the number\"></aside>\n";
  out << "<script>\n"
      << web::chartLibrary << "\n</script>\n<script>\n"
      << web::script << "</script>\n</body>\n</html>\n";
}

}  // namespace descry
