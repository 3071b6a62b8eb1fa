// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace descry {

/// The text as UTF-8 without a byte order mark: editors and shells of Windows write UTF-16, or put a mark before UTF-8.
/// Without the ">" of a mail that quotes it, either.
std::string asUtf8(std::string bytes);

struct UnwrappedText {
  std::string text;
  std::size_t joined = 0;  ///< lines that were put back where they belong
};

/// Joins lines that a mail program or a terminal has wrapped: a line that begins no event is the rest of the one
/// before it.
UnwrappedText unwrapped(std::string_view text);

}  // namespace descry
