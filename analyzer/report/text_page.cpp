// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/report/text_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <ostream>
#include <sstream>
#include <string>

#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr std::array<std::string_view, 9> kCodes = {"0", "1", "2", "31", "33", "32", "34", "35", "36"};

constexpr char kEscape = '\x1b';  // only paint() writes it: texts of traces go through printable()

bool startsCodePoint(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

}  // namespace

Ink inkOf(Cause cause) {
  const auto code = std::find(kCodes.begin(), kCodes.end(), std::to_string(infoOf(cause).ansi));
  return code == kCodes.end() ? Ink::Plain : static_cast<Ink>(code - kCodes.begin());
}

TextPage::TextPage(std::ostream& out, const ReportOptions& options)
    : m_out(out), m_width(std::max(60, options.width)), m_coloured(options.colour) {}

std::string TextPage::paint(Ink ink, std::string_view text) const {
  if (!m_coloured || ink == Ink::Plain) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(ink)], text);
}

void TextPage::line(std::string_view text) {
  m_out << text << '\n';
}

void TextPage::heading(std::string_view text) {
  line();
  line(paint(Ink::Bold, text));
}

void TextPage::paragraph(std::string_view lead, std::string_view text, int indent, Ink leadInk) {
  std::string current = paint(leadInk, lead);
  int column = columnsOf(lead);
  bool first = true;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    if (!first && column + 1 + columnsOf(word) > m_width) {
      line(current);
      current = std::string(static_cast<std::size_t>(indent), ' ');
      column = indent;
      first = true;
    }
    if (!first) {
      current += ' ';
      ++column;
    }
    current += word;
    column += columnsOf(word);
    first = false;
  }
  line(current);
}

int columnsOf(std::string_view text) {
  int columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kEscape)
      i = std::min(text.find('m', i), text.size());
    else if (startsCodePoint(text[i]))
      ++columns;
  }
  return columns;
}

std::string fitted(std::string_view text, int columns) {
  if (columnsOf(text) <= columns) return std::string(text);
  int column = 0;
  std::size_t end = 0;
  while (end < text.size() && !(startsCodePoint(text[end]) && column++ == columns - 2)) ++end;
  return std::string(text.substr(0, end)) + "..";
}

std::string deviceText(const Summary& summary, const DeviceSummary& device) {
  return printable(summary.manyMachines() ? device.vm + "/" + device.name : device.name);
}

std::string identityText(const DeviceSummary& device) {
  const auto known = [](const std::string& value, const char* what) {
    return value == "unknown" ? fmt::format("unknown {}", what) : printable(value);
  };
  return known(device.transport, "transport") + ", " + known(device.kind, "kind");
}

std::vector<std::string> linesOf(const std::function<void(TextPage&)>& write) {
  std::ostringstream text;
  ReportOptions options;
  options.width = std::numeric_limits<int>::max();
  TextPage page(text, options);
  write(page);
  std::vector<std::string> lines;
  std::istringstream read(text.str());
  for (std::string line; std::getline(read, line);)
    if (const auto begin = line.find_first_not_of(' '); begin != std::string::npos) lines.push_back(line.substr(begin));
  return lines;
}

const std::vector<LevelSummary>& levelsOf(const Summary& summary, ReportLevel by) {
  if (by == ReportLevel::Transport) return summary.transports;
  return by == ReportLevel::Device ? summary.byDevice : summary.queues;
}

}  // namespace descry
