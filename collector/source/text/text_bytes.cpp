// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/text/text_bytes.hpp"

#include <utf8.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "collector/source/text/ftrace_line.hpp"
#include "collector/source/text/known_lines.hpp"
#include "schemas/text/line.hpp"

namespace descry {

namespace {

/// What is not ASCII stands only in names of commands, so that pairs of surrogates are written as two characters.
std::string fromUtf16(std::string_view bytes, bool bigEndian) {
  std::string text;
  text.reserve(bytes.size() / 2);
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto first = static_cast<unsigned char>(bytes[i]), second = static_cast<unsigned char>(bytes[i + 1]);
    utf8::unchecked::append(bigEndian ? std::uint32_t{first} << 8U | second : std::uint32_t{second} << 8U | first,
                            std::back_inserter(text));
  }
  return text;
}

bool standsAlone(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  return first == std::string_view::npos || line[first] == '#' || beginsFtraceEvent(line) || isKnownLine(line) ||
         FtraceLoss::parse(line.substr(first));
}

/// Calls `take(line, standsAlone)` for each line.
template <typename Function>
void eachLine(std::string_view text, Function take) {
  while (!text.empty()) {
    std::string_view line = takeLine(text);
    if (line.ends_with('\r')) line.remove_suffix(1);
    take(line, standsAlone(line));
  }
}

/// A terminal breaks in the last column, also inside a word; a mail program breaks at a space before it.
bool brokenInsideWords(std::string_view text) {
  std::size_t longest = 0, previous = 0, shortestHead = SIZE_MAX;
  eachLine(text, [&](std::string_view line, bool alone) {
    longest = std::max(longest, line.size());
    if (!alone) shortestHead = std::min(shortestHead, previous);
    previous = line.size();
  });
  return shortestHead == longest;
}

std::string withoutQuotes(std::string text) {
  if (!text.starts_with('>')) return text;
  std::string result;
  for (std::string_view left = text; !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size() - 1) + 1;
    std::string_view line = left.substr(0, end);
    while (line.starts_with('>')) line.remove_prefix(line.starts_with("> ") ? 2 : 1);
    result += line;
    left.remove_prefix(end);
  }
  return result;
}

}  // namespace

std::string asUtf8(std::string bytes) {
  const std::string_view all = bytes;
  if (bytes.starts_with("\xef\xbb\xbf")) return withoutQuotes(bytes.erase(0, 3));
  if (bytes.starts_with("\xff\xfe")) return withoutQuotes(fromUtf16(all.substr(2), false));
  if (bytes.starts_with("\xfe\xff")) return withoutQuotes(fromUtf16(all.substr(2), true));
  // Without a mark: what is ASCII has a zero in each second byte.
  if (bytes.size() >= 4 && bytes[0] != '\0' && bytes[1] == '\0' && bytes[2] != '\0' && bytes[3] == '\0')
    return withoutQuotes(fromUtf16(all, false));
  return withoutQuotes(std::move(bytes));
}

UnwrappedText unwrapped(std::string_view text) {
  const std::string_view between = brokenInsideWords(text) ? "" : " ";
  UnwrappedText result;
  result.text.reserve(text.size());
  eachLine(text, [&](std::string_view line, bool alone) {
    if (!alone && !result.text.empty()) {
      result.text.pop_back();
      result.text += between;
      line.remove_prefix(between.empty() ? 0 : line.find_first_not_of(" \t"));
      ++result.joined;
    }
    result.text += line;
    result.text += '\n';
  });
  return result;
}

}  // namespace descry
