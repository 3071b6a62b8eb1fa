// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/random.hpp"

#include <fmt/format.h>

#include <sstream>
#include <vector>

#include "schemas/model/error.hpp"

namespace descry::simulate {

namespace {
__extension__ using Wide = unsigned __int128;
}

std::uint64_t Random::below(std::uint64_t bound) {
  if (bound == 0) return 0;
  // Reject the incomplete last round so that every value is equally likely.
  const std::uint64_t limit = ~std::uint64_t{0} - ~std::uint64_t{0} % bound;
  std::uint64_t value = next();
  while (value >= limit) value = next();
  return value % bound;
}

Ns Random::between(Ns low, Ns high) {
  if (high <= low) return low;
  return low + static_cast<Ns>(below(static_cast<std::uint64_t>(high - low) + 1));
}

Ns Random::exponential(Ns mean) {
  if (mean <= 0) return 0;
  // The first of a falling run of uniforms is the fraction when the run has odd length; else one whole is added.
  for (std::uint64_t whole = 0;; ++whole) {
    const std::uint64_t first = next();
    std::uint64_t last = first;
    for (bool odd = true;; odd = !odd) {
      const std::uint64_t value = next();
      if (value < last) {
        last = value;
        continue;
      }
      if (!odd) break;
      const std::uint64_t fraction = first >> 32U;
      const auto scaled = static_cast<std::uint64_t>(mean);
      const auto part = static_cast<std::uint64_t>((static_cast<Wide>(scaled) * fraction) >> 32U);
      return static_cast<Ns>(scaled * whole + part);
    }
  }
}

Ns parseTime(std::string_view text, std::string_view what) {
  std::size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) at = 1;
  std::int64_t whole = 0, fraction = 0, scale = 1;
  bool digits = false, point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      digits = true;
      (point ? fraction : whole) = (point ? fraction : whole) * 10 + (c - '0');
      if (point) scale *= 10;
    } else {
      break;
    }
  }
  const std::string_view unit = text.substr(at);
  const std::int64_t factor = unit.empty() || unit == "ns" ? 1
                              : unit == "us"               ? 1000
                              : unit == "ms"               ? 1000000
                              : unit == "s"                ? 1000000000
                                                           : 0;
  if (!digits || factor == 0)
    throw Error(fmt::format("{}: '{}' is not a time; expected a number with ns, us, ms or s", what, text));
  const Ns value = whole * factor + fraction * factor / scale;
  return negative ? -value : value;
}

Duration Duration::fixed(Ns ns) {
  Duration duration;
  duration.m_first = ns;
  return duration;
}

Duration Duration::exponential(Ns least, Ns mean) {
  Duration duration;
  duration.m_shape = Shape::Exponential;
  duration.m_first = least;
  duration.m_second = mean;
  return duration;
}

Duration Duration::parse(std::string_view text, std::string_view what) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  Duration duration;
  std::size_t at = 1;
  const std::string shape = words.empty() ? "" : words[0];
  if (shape == "fixed" && words.size() >= 2) {
    duration.m_first = parseTime(words[at++], what);
  } else if ((shape == "uniform" || shape == "exponential") && words.size() >= 3) {
    duration.m_shape = shape == "uniform" ? Shape::Uniform : Shape::Exponential;
    duration.m_first = parseTime(words[at++], what);
    duration.m_second = parseTime(words[at++], what);
  } else {
    at = words.size() + 1;
  }
  if (at + 3 == words.size() && words[at] == "rare") {
    duration.m_rareOneIn = static_cast<std::uint64_t>(parseTime(words[at + 1], what));
    duration.m_rare = parseTime(words[at + 2], what);
    at += 3;
  }
  if (at != words.size())
    throw Error(
        fmt::format("{}: '{}' is not a duration; expected 'fixed T', 'uniform T T' or 'exponential T T', then "
                    "optionally 'rare N T'",
                    what, text));
  return duration;
}

Ns Duration::sample(Random& random) const {
  Ns value = m_first;
  if (m_shape == Shape::Uniform) value = random.between(m_first, m_second);
  if (m_shape == Shape::Exponential) value += random.exponential(m_second);
  if (random.oneIn(m_rareOneIn)) value += m_rare;
  return value;
}

}  // namespace descry::simulate
