// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/model/points.hpp"

namespace descry {

// How numbers are written for people, and read back. Every program, report and view writes them with these functions,
// so that one number has one text.

/// Three significant digits and a unit: 0 ns, 381 ns, 1.20 us, 45.1 ms, 3.20 s, 1200 s.
std::string timeText(Ns ns);
/// The same of a mean or another time between two nanoseconds.
std::string timeText(double ns);
/// The same with its sign: +1.20 us, -381 ns.
std::string signedTimeText(Ns ns);
std::string signedTimeText(double ns);
/// Seconds to the last nanosecond, with sign: +1234.567890123 s.
std::string exactSeconds(Ns ns);

/// With thousands separators: 1,234,567.
std::string countText(std::int64_t count);
/// "1 chain", "12 chains".
std::string countText(std::int64_t count, std::string_view singular, std::string_view plural);

/// Share 0..1 as a percentage: 72.5 %, 0.4 %, <0.1 %; nothing at all is "-".
std::string percentText(double share);
/// A change, 0.1 for a tenth more: +12.3 %, -4.0 %, +123 %.
std::string changeText(double share);

/// All digits up to 9,999 bytes, then three and a decimal unit: 4,096 bytes, 15.7 MB.
std::string bytesText(std::int64_t bytes);
/// Three significant digits: 0.25 /s, 12.3 /s, 123,456 /s.
std::string rateText(double perSecond);

/// A number and the unit behind it, as people type them: "1.5ms", "20 %", "-3". The unit may be anything.
struct Quantity {
  double value = 0;
  std::string_view unit;  ///< empty: none
};

/// Nothing when `text` does not begin with a finite number. Blanks around number and unit are ignored.
std::optional<Quantity> parseQuantity(std::string_view text);

/// Nanoseconds in a unit of time: ns, us (or µs), ms, s, m or min, h; nothing for any other.
std::optional<double> nsPerUnit(std::string_view unit);

/// Nanoseconds of a duration with its unit: "100us", "1.5 ms", "2m"; nothing when it is none, or too long for Ns.
std::optional<double> parseDuration(std::string_view text);

}  // namespace descry
