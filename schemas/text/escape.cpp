// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/text/escape.hpp"

#include <fmt/format.h>
#include <utf8.h>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace descry {

namespace {

bool isControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
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
  std::string safe(text);
  std::replace_if(safe.begin(), safe.end(), isControl, '?');
  return safe;
}

std::string htmlText(std::string_view text) {
  std::string safe;
  for (const char c : utf8(text)) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += isControl(c) && c != '\n' ? '?' : c;
  }
  return safe;
}

std::string xmlText(std::string_view text) {
  std::string safe = utf8(text);
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return isControl(c) && c != '\n'; }, '?');
  return safe;
}

std::string markdownText(std::string_view text) {
  std::string safe;
  for (const char c : printable(utf8(text))) {
    if (std::string_view("\\`*_[]<>|#~&").find(c) != std::string_view::npos) safe += '\\';
    safe += c;
  }
  return safe;
}

std::string markdownCode(std::string_view text) {
  const std::string safe = printable(utf8(text));
  std::string fence = "`";
  while (safe.find(fence) != std::string::npos) fence += '`';
  const std::string_view space = safe.starts_with('`') || safe.ends_with('`') ? " " : "";
  return fmt::format("{0}{1}{2}{1}{0}", fence, space, safe);
}

std::string csvText(std::string_view text) {
  const bool plain = !text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos;
  return plain ? std::string(text) : '"' + doubled(text, '"') + '"';
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
