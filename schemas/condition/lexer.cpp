// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/condition/lexer.hpp"

#include <cctype>

namespace descry {

namespace {

using Kind = Token::Kind;

bool isDigit(char character) {
  return std::isdigit(static_cast<unsigned char>(character)) != 0;
}

class Lexer {
 public:
  explicit Lexer(std::string_view input) : m_input(input) {}

  std::vector<Token> all() {
    while (m_at < m_input.size())
      if (std::isspace(static_cast<unsigned char>(m_input[m_at])) != 0)
        ++m_at;
      else
        next();
    take(Kind::End, 0);
    return std::move(m_tokens);
  }

 private:
  void next() {
    const char c = m_input[m_at];
    switch (c) {
      case '(':
        return take(Kind::Open, 1);
      case ')':
        return take(Kind::Close, 1);
      case ',':
        return take(Kind::Comma, 1);
      case '*':
        return take(Kind::Times, 1);
      case '%':
        return take(Kind::Percent, 1);
      case '~':
        return take(Kind::Operator, 1);
      case '=':
      case '!':
      case '<':
      case '>':
        return takeOperator(c);
      case '\'':
      case '"':
        return takeText(c);
      default:
        return isWordCharacter(c) ? takeWord() : take(Kind::Bad, 1);
    }
  }

  void take(Kind kind, std::size_t length) {
    m_tokens.push_back({kind, std::string(m_input.substr(m_at, length)), m_at, length});
    m_at += length;
  }

  char after(std::size_t distance) const { return m_at + distance < m_input.size() ? m_input[m_at + distance] : '\0'; }

  void takeOperator(char first) {
    const bool two = after(1) == '=' || (first == '<' && after(1) == '>');
    take(first == '!' && !two ? Kind::Bad : Kind::Operator, two ? 2 : 1);
  }

  void takeText(char quote) {
    std::string text;
    for (std::size_t i = m_at + 1; i < m_input.size(); ++i) {
      if (m_input[i] != quote) {
        text += m_input[i];
      } else if (i + 1 < m_input.size() && m_input[i + 1] == quote) {
        text += m_input[i++];
      } else {
        m_tokens.push_back({Kind::Text, std::move(text), m_at, i + 1 - m_at});
        m_at = i + 1;
        return;
      }
    }
    take(Kind::Unfinished, m_input.size() - m_at);
  }

  void takeWord() {
    std::size_t length = 1;
    while (isWordCharacter(after(length))) ++length;
    const char first = m_input[m_at];
    const bool number = isDigit(first) || first == '.' || (first == '-' && isDigit(after(1)));
    take(number ? Kind::Number : Kind::Word, length);
  }

  std::string_view m_input;
  std::size_t m_at = 0;
  std::vector<Token> m_tokens;
};

}  // namespace

bool isWordCharacter(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return std::isalnum(byte) != 0 || byte > 127 ||
         (byte != 0 && std::string_view("_-.:/").find(character) != std::string_view::npos);
}

std::vector<Token> tokensOf(std::string_view input) {
  return Lexer(input).all();
}

}  // namespace descry
