// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/text/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "schemas/text/line.hpp"

namespace descry {

namespace {

constexpr std::string_view kBlanks = " \t";
constexpr double kLongest = 9.2e18;  // ns, about 292 years: what fits into Ns

Ns rounded(double ns) {
  return std::llround(std::clamp(ns, -kLongest, kLongest));
}

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

/// Decimals that leave three significant digits.
int decimalsOf(double value) {
  return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

/// Three significant digits in the largest of `units` that leaves a whole number; `value` is in the first of them.
template <std::size_t N>
std::string scaled(double value, const std::array<const char*, N>& units) {
  std::size_t unit = 0;
  // 999.5 would be written as 1000: it belongs to the next unit already.
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f} {}", value, decimalsOf(value), units[unit]);
}

std::string magnitudeText(std::uint64_t ns) {
  if (ns < 1000) return fmt::format("{} ns", ns);
  return scaled(static_cast<double>(ns) / 1000, std::array{"us", "ms", "s"});
}

}  // namespace

std::string timeText(Ns ns) {
  return (ns < 0 ? "-" : "") + magnitudeText(magnitude(ns));
}

std::string timeText(double ns) {
  return timeText(rounded(ns));
}

std::string signedTimeText(double ns) {
  return signedTimeText(rounded(ns));
}

std::string signedTimeText(Ns ns) {
  return (ns < 0 ? "-" : "+") + magnitudeText(magnitude(ns));
}

std::string exactSeconds(Ns ns) {
  const std::uint64_t value = magnitude(ns);
  return fmt::format("{}{}.{:09} s", ns < 0 ? '-' : '+', value / 1'000'000'000, value % 1'000'000'000);
}

std::string countText(std::int64_t count) {
  std::string digits = fmt::format("{}", magnitude(count));
  for (std::size_t place = digits.size(); place > 3;) digits.insert(place -= 3, 1, ',');
  return fmt::format("{}{}", count < 0 ? "-" : "", digits);
}

std::string countText(std::int64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", countText(count), count == 1 ? singular : plural);
}

std::string percentText(double share) {
  if (share <= 0) return "-";
  const double percent = share * 100;
  return percent < 0.05 ? "<0.1 %" : fmt::format("{:.1f} %", percent);
}

std::string changeText(double share) {
  const double percent = share * 100;
  return fmt::format("{:+.{}f} %", percent, std::abs(percent) < 99.95 ? 1 : 0);
}

std::string bytesText(std::int64_t bytes) {
  if (magnitude(bytes) < 10'000) return countText(bytes, "byte", "bytes");
  return (bytes < 0 ? "-" : "") +
         scaled(static_cast<double>(magnitude(bytes)) / 1000, std::array{"kB", "MB", "GB", "TB"});
}

std::string rateText(double perSecond) {
  const double size = std::abs(perSecond);
  const std::string digits = size < 99.95 ? fmt::format("{:.{}f}", perSecond, size == 0 ? 0 : decimalsOf(size))
                                          : countText(rounded(perSecond));
  return digits + " /s";
}

std::optional<Quantity> parseQuantity(std::string_view text) {
  text = trimmed(text, kBlanks);
  Quantity quantity;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quantity.value);
  if (error != std::errc() || !std::isfinite(quantity.value)) return std::nullopt;
  quantity.unit = trimmed(text.substr(static_cast<std::size_t>(end - text.data())), kBlanks);
  return quantity;
}

std::optional<double> nsPerUnit(std::string_view unit) {
  constexpr std::array<std::pair<std::string_view, double>, 8> kUnits = {
      {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9}}};
  for (const auto& [name, ns] : kUnits)
    if (unit == name) return ns;
  return std::nullopt;
}

std::optional<double> parseDuration(std::string_view text) {
  const auto quantity = parseQuantity(text);
  if (!quantity) return std::nullopt;
  const auto unit = nsPerUnit(quantity->unit);
  if (!unit || std::abs(quantity->value * *unit) > kLongest) return std::nullopt;
  return quantity->value * *unit;
}

}  // namespace descry
