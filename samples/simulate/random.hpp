// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "schemas/model/points.hpp"

namespace descry::simulate {

/// Seeded random numbers with the same results everywhere: the standard fixes the engine but not its distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : m_engine(seed) {}

  std::uint64_t next() { return m_engine(); }
  /// 0 .. bound-1, evenly; 0 when bound is 0.
  std::uint64_t below(std::uint64_t bound);
  /// low .. high, both included.
  Ns between(Ns low, Ns high);
  /// True once in `n` on average; never when n is 0.
  bool oneIn(std::uint64_t n) { return n != 0 && below(n) == 0; }
  /// Exponentially distributed with this mean (von Neumann's comparison method: integers only).
  Ns exponential(Ns mean);

 private:
  std::mt19937_64 m_engine;
};

/// How long something takes: `fixed 5us`, `uniform 2us 9us`, `exponential 1us 5us` (least, then mean of what comes on
/// top), each with an optional ` rare 20 300us` (one in 20 takes 300 us longer).
class Duration {
 public:
  Duration() = default;
  /// Throws Error with `what` in its text.
  static Duration parse(std::string_view text, std::string_view what);
  static Duration fixed(Ns ns);
  static Duration exponential(Ns least, Ns mean);

  Ns sample(Random& random) const;

 private:
  enum class Shape { Fixed, Uniform, Exponential };
  Shape m_shape = Shape::Fixed;
  Ns m_first = 0, m_second = 0;
  std::uint64_t m_rareOneIn = 0;
  Ns m_rare = 0;
};

/// `1500`, `1500ns`, `1.5us`, `2ms`, `1s`, with an optional sign; nanoseconds where no unit is given. Throws Error.
Ns parseTime(std::string_view text, std::string_view what);

}  // namespace descry::simulate
