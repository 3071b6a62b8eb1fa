// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/report/html_page.hpp"

#include <fmt/format.h>

#include <ostream>

#include "analyzer/report/palette.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

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

/// The table of causes for the script: names with their lines, and the order of bars.
std::string causeScript() {
  std::string table, order;
  for (const CauseInfo& info : kCauseTable)
    table += fmt::format("{{name: \"{}\", lines: \"{}\"}}, ", info.name, pathOf(info.pattern));
  for (const Cause cause : kBarOrder) order += fmt::format("\"{}\", ", infoOf(cause).name);
  return fmt::format("const causeTable = [{}], barOrder = [{}];\n", table, order);
}

}  // namespace

void beginHtml(std::ostream& out, std::string_view title, std::string_view kind) {
  // The policy makes the browser enforce that the page loads nothing.
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
      << causeScript() << web::script << "</script>\n</body>\n</html>\n";
}

}  // namespace descry
