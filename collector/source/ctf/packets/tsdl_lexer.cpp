// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/tsdl_lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "collector/source/ctf/packets/not_understood.hpp"

namespace descry {

namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool isBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

constexpr std::array<std::string_view, 3> kLongSigns = {"...", ":=", "->"};

}  // namespace

TsdlToken TsdlLexer::take() {
  TsdlToken taken = std::move(m_token);
  advance();
  return taken;
}

bool TsdlLexer::take(std::string_view sign) {
  if (!at(sign)) return false;
  advance();
  return true;
}

bool TsdlLexer::takeWord(std::string_view word) {
  if (!atWord(word)) return false;
  advance();
  return true;
}

void TsdlLexer::expect(std::string_view sign) {
  if (!take(sign)) refuse(sign);
}

std::string TsdlLexer::expectWord() {
  if (!atWord()) refuse("a name");
  return take().text;
}

std::uint64_t TsdlLexer::expectNumber() {
  if (m_token.kind != TsdlToken::Kind::Number) refuse("a number");
  return take().number;
}

void TsdlLexer::refuse(std::string_view expected) const {
  const auto line = 1 + std::ranges::count(m_text.substr(0, m_at), '\n');
  throw NotUnderstood(fmt::format("metadata, line {}: syntax error: expected `{}` instead of `{}`", line, expected,
                                  atEnd() ? std::string("its end") : m_token.text));
}

void TsdlLexer::advance() {
  skipBlanks();
  m_token = {};
  if (m_at == m_text.size()) return;
  const char c = m_text[m_at];
  if (isLetter(c))
    readWord();
  else if (isDigit(c))
    readNumber();
  else if (c == '"')
    readText();
  else
    readSign();
}

void TsdlLexer::skipBlanks() {
  while (m_at < m_text.size()) {
    if (isBlank(m_text[m_at])) {
      ++m_at;
      continue;
    }
    std::string_view closing;
    if (m_text.substr(m_at, 2) == "/*")
      closing = "*/";
    else if (m_text.substr(m_at, 2) == "//")
      closing = "\n";
    else
      return;
    const std::size_t end = m_text.find(closing, m_at + 2);
    m_at = end == std::string_view::npos ? m_text.size() : end + closing.size();
  }
}

void TsdlLexer::readWord() {
  const std::size_t begin = m_at;
  while (m_at < m_text.size() && (isLetter(m_text[m_at]) || isDigit(m_text[m_at]))) ++m_at;
  m_token.kind = TsdlToken::Kind::Word;
  m_token.text = m_text.substr(begin, m_at - begin);
}

void TsdlLexer::readNumber() {
  const std::size_t begin = m_at;
  while (m_at < m_text.size() && (isLetter(m_text[m_at]) || isDigit(m_text[m_at]))) ++m_at;
  m_token.kind = TsdlToken::Kind::Number;
  m_token.text = m_text.substr(begin, m_at - begin);
  std::string_view digits = m_token.text;
  while (digits.size() > 1 && std::string_view("uUlL").find(digits.back()) != std::string_view::npos)
    digits.remove_suffix(1);
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X"))
    base = 16;
  else if (digits.starts_with("0b") || digits.starts_with("0B"))
    base = 2;
  else if (digits.size() > 1 && digits.front() == '0')
    base = 8;
  if (base == 16 || base == 2) digits.remove_prefix(2);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), m_token.number, base);
  if (error != std::errc{} || end != digits.data() + digits.size()) refuse("a number");
}

void TsdlLexer::readText() {
  m_token.kind = TsdlToken::Kind::Text;
  for (++m_at; m_at < m_text.size() && m_text[m_at] != '"'; ++m_at) {
    if (m_text[m_at] == '\\') {
      // Only these two change nothing but the letter itself.
      if (m_at + 1 == m_text.size() || (m_text[m_at + 1] != '"' && m_text[m_at + 1] != '\\')) refuse("a plain text");
      ++m_at;
    }
    m_token.text += m_text[m_at];
  }
  if (m_at == m_text.size()) refuse("the end of a text");
  ++m_at;
}

void TsdlLexer::readSign() {
  m_token.kind = TsdlToken::Kind::Sign;
  const auto* found = std::ranges::find_if(
      kLongSigns, [this](std::string_view sign) { return m_text.substr(m_at, sign.size()) == sign; });
  m_token.text = found != kLongSigns.end() ? *found : m_text.substr(m_at, 1);
  m_at += m_token.text.size();
}

}  // namespace descry
