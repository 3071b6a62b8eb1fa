// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "schemas/model/points.hpp"

namespace descry {

/// Base-2 exponential histogram of scale 5: bucket i holds (2^(i/32), 2^((i+1)/32)] ns. The same buckets as
/// OpenTelemetry (scale 5) and Prometheus native histograms (schema 5), so counts of many captures can be added up.
/// Not thread-safe.
class Histogram {
 public:
  /// Holds 0 ns. Negative values do not occur; they would be counted here too.
  static constexpr int kZeroBucket = -32768;
  static constexpr int kPerOctave = 32;

  /// Exact at every boundary: decided in integers.
  static int bucketOf(Ns ns);
  /// Largest whole ns that is still below or on the lower edge of `bucket`: the bucket holds (floorOf(i),
  /// floorOf(i+1)].
  static Ns floorOf(int bucket);
  /// Lower edge of `bucket`, 2^(bucket/32) ns, for pictures.
  static double edgeOf(int bucket);
  /// The wider bucket that `bucket` is part of when `by` neighbours are joined.
  static constexpr int joined(int bucket, int by) { return bucket >= 0 ? bucket / by : -((by - 1 - bucket) / by); }

  void add(Ns ns);
  void merge(const Histogram& other);
  /// Takes back what forEach() gave out and a table kept: a bucket with its count, then the sums of all values.
  void restore(int bucket, std::uint64_t count);
  void restoreSums(Ns total, Ns max);

  std::uint64_t count() const { return m_count; }
  /// Values of 0 ns.
  std::uint64_t zeros() const { return m_slots.empty() ? 0 : m_slots[0]; }
  Ns total() const { return m_total; }
  /// 0 when empty.
  Ns max() const { return m_max; }

  /// Where the value of a rank (0 = smallest) lies.
  struct Place {
    int bucket = kZeroBucket;
    std::uint64_t below = 0;  ///< values in smaller buckets
  };
  /// `rank` must be less than count().
  Place placeOf(std::uint64_t rank) const;

  /// The value of a rank, at most 1.1 % (plus half a ns for rounding) away from the true one. `rank` < count().
  Ns valueAt(std::uint64_t rank) const;

  /// Calls visit(bucket, count) for each bucket that is not empty, in ascending order.
  template <typename Visit>
  void forEach(Visit&& visit) const {
    for (std::size_t slot = 0; slot < m_slots.size(); ++slot)
      if (m_slots[slot] != 0) visit(bucketAt(slot), m_slots[slot]);
  }

 private:
  // Slot 0 is the zero bucket, slot 1 is bucket -1 (1 ns), and so on.
  static int bucketAt(std::size_t slot) { return slot == 0 ? kZeroBucket : static_cast<int>(slot) - 2; }
  static std::size_t slotOf(int bucket) { return bucket == kZeroBucket ? 0 : static_cast<std::size_t>(bucket + 2); }

  std::vector<std::uint64_t> m_slots;
  std::uint64_t m_count = 0;
  Ns m_total = 0, m_max = 0;
};

/// Rank of a quantile given in thousandths among `count` > 0 values: sorted[min(n - 1, floor(q * n))].
constexpr std::uint64_t rankOf(std::uint64_t count, std::uint64_t perMille) {
  const std::uint64_t rank = count * perMille / 1000;
  return rank < count ? rank : count - 1;
}

}  // namespace descry
