// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace descry {

/// One word of a condition or a limit.
struct Token {
  enum class Kind : std::uint8_t {
    End,         ///< always the last one, and nowhere else
    Word,        ///< queue, rx0, and, p99
    Number,      ///< 5, -2.5, 200us, 1000/s
    Text,        ///< 'rx 0' or "rx 0"; a doubled quote inside is one of the text, as in SQL
    Operator,    ///< = == != <> < <= > >= ~
    Open,        ///< (
    Close,       ///< )
    Comma,       ///< ,
    Times,       ///< *
    Percent,     ///< %
    Unfinished,  ///< a text whose closing quote is missing: the rest of the input
    Bad          ///< a character that no token begins with
  };
  Kind kind = Kind::End;
  std::string text;        ///< of a Text without its quotes
  std::size_t at = 0;      ///< byte of the input
  std::size_t length = 0;  ///< with quotes
  bool is(Kind wanted, std::string_view word) const { return kind == wanted && text == word; }
};

/// Never fails: what cannot be read becomes Unfinished or Bad.
std::vector<Token> tokensOf(std::string_view input);

/// True for the characters of words and numbers. Bytes above 127 are among them: names may be in any script.
bool isWordCharacter(char character);

}  // namespace descry
