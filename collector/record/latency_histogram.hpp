// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace descry {

/// Latencies counted by size, for percentiles of a live line: adding one takes a few instructions, however many there
/// are. Classes are 1/64 of a power of two wide: a percentile is at most 0.8 % off.
class LatencyHistogram {
 public:
  void add(std::uint64_t ns) {
    ++m_counts[classOf(ns)];
    ++m_total;
  }
  std::uint64_t total() const { return m_total; }

  /// The middle of the class that holds the `share` quantile; 0 when nothing was added.
  std::uint64_t quantile(double share) const {
    if (m_total == 0) return 0;
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(m_total - 1));
    std::uint64_t seen = 0;
    for (std::size_t at = 0; at < m_counts.size(); ++at) {
      seen += m_counts[at];
      if (seen > rank) return middleOf(at);
    }
    return middleOf(m_counts.size() - 1);
  }

  void clear() {
    m_counts.fill(0);
    m_total = 0;
  }

 private:
  static constexpr unsigned kBits = 6;  ///< a class is 1/2^kBits of a power of two wide
  static constexpr std::size_t kWithin = std::size_t{1} << kBits;

  static std::size_t classOf(std::uint64_t ns) {
    if (ns < kWithin) return ns;
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - kBits - 1;
    return (shift + 1) * kWithin + ((ns >> shift) - kWithin);
  }
  static std::uint64_t middleOf(std::size_t at) {
    if (at < kWithin) return at;
    const std::size_t shift = at / kWithin - 1;
    return ((at % kWithin + kWithin) << shift) + ((std::uint64_t{1} << shift) >> 1);
  }

  std::array<std::uint32_t, (64 - kBits + 1) * kWithin> m_counts{};
  std::uint64_t m_total = 0;
};

}  // namespace descry
