// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace descry {

// Text of traces is foreign: names can hold anything. One function per target makes it safe there. Whatever writes to
// such a target passes foreign text through its function, once.

/// Valid UTF-8: a sequence of bytes that is not a character becomes U+FFFD.
std::string utf8(std::string_view text);

/// For a terminal: control characters and marks that turn the direction of a text become '?'.
std::string printable(std::string_view text);
/// The same for a text of several lines, which stay.
std::string printableLines(std::string_view text);

/// For HTML and SVG, in elements and in attributes with double quotes.
std::string htmlText(std::string_view text);

/// For XML 1.0, which has no place for control characters. What writes the XML escapes its markup.
std::string xmlText(std::string_view text);

/// For Markdown: literal text, nothing of it is markup.
std::string markdownText(std::string_view text);
/// For Markdown: inline code, whatever backticks are in it.
std::string markdownCode(std::string_view text);

/// For a text field of CSV (RFC 4180): quoted where it has to be, and where it is empty, because an empty field is
/// NULL. A spreadsheet takes what begins with = + - @ for a formula, so that gets an apostrophe in front. Control
/// characters other than the end of a line become '?', because CSV is also looked at in terminals.
std::string csvText(std::string_view text);

/// JSON that cannot end the script element of the HTML page it stands in.
std::string scriptJson(std::string_view json);

/// For SQL: a literal in apostrophes.
std::string sqlText(std::string_view text);

/// For a shell: one word, quoted where it has to be.
std::string shellWord(std::string_view text);

}  // namespace descry
