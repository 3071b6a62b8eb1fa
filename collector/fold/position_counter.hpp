// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace descry {

/// Unwraps a 16-bit ring index into a 64-bit position. The next index normally follows the last one; a jump forward of
/// less than half the index range is a gap (chains no probe saw), a jump back means that the ring was restarted.
class PositionCounter {
 public:
  enum class Step { First, Next, Gap, Restart };

  Step advance(std::uint16_t index) {
    if (!m_position) {
      m_position = index;
      return Step::First;
    }
    const auto expected = static_cast<std::uint16_t>(*m_position + 1);
    const auto ahead = static_cast<std::uint16_t>(index - expected);
    if (ahead >= kHalfRange) return Step::Restart;
    *m_position += 1 + ahead;
    return ahead == 0 ? Step::Next : Step::Gap;
  }

  std::int64_t position() const { return m_position.value_or(0); }
  bool started() const { return m_position.has_value(); }
  void restart() { m_position.reset(); }
  void set(std::int64_t position) { m_position = position; }
  /// The position whose low 16 bits are `index` and that is nearest to the current one.
  std::int64_t nearest(std::uint16_t index) const {
    const auto difference =
        static_cast<std::int16_t>(static_cast<std::uint16_t>(index - static_cast<std::uint16_t>(position())));
    return position() + difference;
  }

 private:
  static constexpr std::uint16_t kHalfRange = 0x8000;
  std::optional<std::int64_t> m_position;
};

}  // namespace descry
