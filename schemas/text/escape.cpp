// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/text/escape.hpp"

#include <fmt/format.h>
#include <utf8.h>
#include <utf8/unchecked.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

namespace descry {

namespace {

/// Controls of both kinds (0x9b alone begins an escape sequence on some terminals), marks that turn the direction of
/// the text around, other ends of lines, and what XML has no place for.
bool isUnsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfffe || c == 0xffff;
}

enum class Lines { Keep, Replace };

/// Valid UTF-8 with a '?' for each unsafe character.
std::string safeText(std::string_view text, Lines lines) {
  std::string safe;
  safe.reserve(text.size());
  const std::string valid = utf8(text);
  for (auto at = valid.begin(); at != valid.end();) {
    const auto begin = at;
    const char32_t c = ::utf8::unchecked::next(at);
    if (isUnsafe(c) && !(c == '\n' && lines == Lines::Keep))
      safe += '?';
    else
      safe.append(begin, at);
  }
  return safe;
}

/// Every `special` in `text` written twice.
std::string doubled(std::string_view text, char special) {
  std::string result;
  for (const char c : text) {
    if (c == special) result += c;
    result += c;
  }
  return result;
}

}  // namespace

std::string utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  ::utf8::replace_invalid(text.begin(), text.end(), std::back_inserter(valid));
  return valid;
}

std::string printable(std::string_view text) {
  return safeText(text, Lines::Replace);
}

std::string printableLines(std::string_view text) {
  return safeText(text, Lines::Keep);
}

std::string htmlText(std::string_view text) {
  std::string safe;
  for (const char c : safeText(text, Lines::Keep)) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  }
  return safe;
}

std::string xmlText(std::string_view text) {
  return safeText(text, Lines::Keep);
}

std::string markdownText(std::string_view text) {
  std::string safe;
  for (const char c : printable(text)) {
    if (std::string_view("\\`*_[]<>|#~&").find(c) != std::string_view::npos) safe += '\\';
    safe += c;
  }
  return safe;
}

std::string markdownCode(std::string_view text) {
  const std::string safe = printable(text);
  std::string fence = "`";
  while (safe.find(fence) != std::string::npos) fence += '`';
  const std::string_view space = safe.starts_with('`') || safe.ends_with('`') ? " " : "";
  return fmt::format("{0}{1}{2}{1}{0}", fence, space, safe);
}

std::string csvText(std::string_view text) {
  std::string safe = safeText(text, Lines::Keep);
  // The last four are the wide forms of the first ones, which some spreadsheets take for them.
  constexpr std::array<std::string_view, 8> kFormulas = {"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"};
  if (std::ranges::any_of(kFormulas, [&](std::string_view start) { return safe.starts_with(start); }))
    safe.insert(0, 1, '\'');
  const bool plain = !safe.empty() && safe.find_first_of(",\"\n") == std::string::npos;
  return plain ? safe : '"' + doubled(safe, '"') + '"';
}

std::string scriptJson(std::string_view json) {
  std::string safe;
  for (const char c : json) c == '<' ? safe += "\\u003c" : safe += c;
  return safe;
}

std::string sqlText(std::string_view text) {
  return '\'' + doubled(text, '\'') + '\'';
}

std::string shellWord(std::string_view text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._-+=:,@%").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return printable(quoted + "'");
}

}  // namespace descry
