// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/shell_words.hpp"

#include <utility>

namespace descry {

namespace {

using Words = std::vector<std::string>;

class Splitter {
 public:
  explicit Splitter(std::string_view text) : m_text(text) {}

  std::vector<Words> split() {
    while (m_at < m_text.size()) step();
    endCommand();
    return std::move(m_commands);
  }

 private:
  char here() const { return m_text[m_at]; }
  void step();
  void takeQuoted(char quote);
  void takeBraces();
  void add(char c) {
    m_word += c;
    m_inWord = true;
  }
  void endWord() {
    if (m_inWord) m_words.push_back(std::move(m_word));
    m_word.clear();
    m_inWord = false;
  }
  void endCommand() {
    endWord();
    if (!m_words.empty()) m_commands.push_back(std::move(m_words));
    m_words.clear();
  }

  std::string_view m_text;
  std::size_t m_at = 0;
  std::string m_word;
  bool m_inWord = false;
  Words m_words;
  std::vector<Words> m_commands;
};

void Splitter::step() {
  const char c = here();
  if (c == '{' && !m_inWord) return takeBraces();
  ++m_at;
  if (c == '\n') return endCommand();
  if (c == ' ' || c == '\t' || c == '\r' || c == '\0') return endWord();
  if (c == '\'' || c == '"') return takeQuoted(c);
  if (c != '\\' || m_at == m_text.size()) return add(c);
  // A backslash: the line goes on, or the next character means itself.
  if (m_text.substr(m_at).starts_with("\r\n")) ++m_at;
  if (here() != '\n') add(here());
  ++m_at;
}

void Splitter::takeQuoted(char quote) {
  const std::size_t end = m_text.find(quote, m_at);
  // An apostrophe of a sentence quotes nothing.
  if (end == std::string_view::npos || m_text.substr(m_at, end - m_at).find('\n') != std::string_view::npos)
    return add(quote);
  m_word += m_text.substr(m_at, end - m_at);
  m_inWord = true;
  m_at = end + 1;
}

void Splitter::takeBraces() {
  int depth = 0;
  bool quoted = false;
  while (m_at < m_text.size() && here() != '\n') {
    const char c = here();
    if (c == '"') quoted = !quoted;
    if (!quoted && c == '{') ++depth;
    if (!quoted && c == '}') --depth;
    add(c);
    ++m_at;
    if (depth == 0) return;
  }
}

}  // namespace

std::vector<std::vector<std::string>> shellCommands(std::string_view text) {
  return Splitter(text).split();
}

}  // namespace descry
