// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace descry {

/// A word, number, text or sign of TSDL, the language of CTF 1.8 metadata.
struct TsdlToken {
  enum class Kind : std::uint8_t { Word, Number, Text, Sign, End };
  Kind kind = Kind::End;
  std::string text;          ///< of a Text without quotes and escapes; of a Sign as it stands: ":=", "...", "{"
  std::uint64_t number = 0;  ///< without its sign, which is a Sign before it
};

/// Cuts TSDL into tokens. Throws NotUnderstood where there is none.
class TsdlLexer {
 public:
  explicit TsdlLexer(std::string_view text) : m_text(text) { advance(); }

  const TsdlToken& peek() const { return m_token; }
  TsdlToken take();
  bool at(std::string_view sign) const { return m_token.kind == TsdlToken::Kind::Sign && m_token.text == sign; }
  bool atWord() const { return m_token.kind == TsdlToken::Kind::Word; }
  bool atWord(std::string_view word) const { return atWord() && m_token.text == word; }
  bool atEnd() const { return m_token.kind == TsdlToken::Kind::End; }
  /// Takes the sign if it is there.
  bool take(std::string_view sign);
  bool takeWord(std::string_view word);
  void expect(std::string_view sign);
  std::string expectWord();
  std::uint64_t expectNumber();
  [[noreturn]] void refuse(std::string_view expected) const;

 private:
  void advance();
  void skipBlanks();
  void readWord();
  void readNumber();
  void readText();
  void readSign();

  std::string_view m_text;
  std::size_t m_at = 0;
  TsdlToken m_token;
};

}  // namespace descry
