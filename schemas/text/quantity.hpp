// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/model/points.hpp"

namespace descry {

// How numbers are written for people.

/// Three significant digits and a unit: 0 ns, 381 ns, 1.20 us, 45.1 ms, 3.20 s, 1200 s.
std::string timeText(Ns ns);
/// Seconds to the last nanosecond, with sign: +1234.567890123 s.
std::string exactSeconds(Ns ns);
/// With thousands separators: 1,234,567.
std::string countText(std::int64_t count);
/// "1 chain", "12 chains".
std::string countText(std::int64_t count, std::string_view singular, std::string_view plural);
/// Share 0..1 as a percentage: 72 %, 0.4 %; nothing at all is "-".
std::string percentText(double share, int decimals);
/// Text of a trace, safe for a terminal: control characters become '?'.
std::string printable(std::string_view text);
/// Text of a trace as valid UTF-8: every byte that belongs to no character becomes U+FFFD.
std::string utf8(std::string_view text);
/// Fit for XML 1.0, in an attribute or as text: no control characters, no markup, line breaks kept.
std::string xmlText(std::string_view text);

}  // namespace descry
