// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/histogram.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace descry {

namespace {

constexpr int kPerOctave = Histogram::kPerOctave;

// floor(2^(63 + k/32)). Apart from k = 0 the exact value is irrational, so a 64-bit integer is above it exactly when it
// is above its floor: comparing integers decides every boundary without rounding.
constexpr std::array<std::uint64_t, kPerOctave> kEdges = {
    0x8000000000000000, 0x82cd8698ac2ba1d7, 0x85aac367cc487b14, 0x88980e8092da8527, 0x8b95c1e3ea8bd6e6,
    0x8ea4398b45cd53c0, 0x91c3d373ab11c336, 0x94f4efa8fef70961, 0x9837f0518db8a96f, 0x9b8d39b9d54e5538,
    0x9ef5326091a111ad, 0xa27043030c496818, 0xa5fed6a9b15138ea, 0xa9a15ab4ea7c0ef8, 0xad583eea42a14ac6,
    0xb123f581d2ac258f, 0xb504f333f9de6484, 0xb8fbaf4762fb9ee9, 0xbd08a39f580c36be, 0xc12c4cca66709456,
    0xc5672a115506dadd, 0xc9b9bd866e2f27a2, 0xce248c151f8480e3, 0xd2a81d91f12ae45a, 0xd744fccad69d6af4,
    0xdbfbb797daf23755, 0xe0ccdeec2a94e111, 0xe5b906e77c8348a8, 0xeac0c6e7dd24392e, 0xefe4b99bdcdaf5cb,
    0xf5257d152486cc2c, 0xfa83b2db722a033a,
};

// A 64th of an octave is narrower than the narrowest bucket, so each holds at most one edge: the last edge at or below
// its start, and one comparison, give the bucket.
constexpr int kGuessBits = 6;
constexpr auto kGuess = [] {
  std::array<std::uint8_t, 1 << kGuessBits> guess{};
  for (std::uint64_t i = 0; i < guess.size(); ++i) {
    const std::uint64_t start = (std::uint64_t{1} << 63) | (i << (63 - kGuessBits));
    int edge = 0;
    while (edge + 1 < kPerOctave && kEdges[static_cast<std::size_t>(edge) + 1] < start) ++edge;
    guess[i] = static_cast<std::uint8_t>(edge);
  }
  return guess;
}();

}  // namespace

int Histogram::bucketOf(Ns ns) {
  if (ns <= 0) return kZeroBucket;
  const auto value = static_cast<std::uint64_t>(ns);
  const int shift = std::countl_zero(value);
  const std::uint64_t mantissa = value << shift;
  const int octave = (63 - shift) * kPerOctave;
  if (mantissa == kEdges[0]) return octave - 1;  // 2^e is the inclusive upper edge of the bucket below
  int edge = kGuess[(mantissa >> (63 - kGuessBits)) & ((1U << kGuessBits) - 1)];
  if (edge + 1 < kPerOctave && mantissa > kEdges[static_cast<std::size_t>(edge) + 1]) ++edge;
  return octave + edge;
}

Ns Histogram::floorOf(int bucket) {
  if (bucket < 0) return 0;
  const int octave = bucket / kPerOctave;
  if (octave >= 63) return std::numeric_limits<Ns>::max();
  return static_cast<Ns>(kEdges[static_cast<std::size_t>(bucket % kPerOctave)] >> (63 - octave));
}

double Histogram::edgeOf(int bucket) {
  return std::exp2(bucket / static_cast<double>(kPerOctave));
}

void Histogram::restore(int bucket, std::uint64_t count) {
  const std::size_t slot = slotOf(bucket);
  if (slot >= m_slots.size()) m_slots.resize(slot + 1);
  m_slots[slot] += count;
  m_count += count;
}

void Histogram::restoreSums(Ns total, Ns max) {
  m_total = total;
  m_max = max;
}

void Histogram::add(Ns ns) {
  const std::size_t slot = slotOf(bucketOf(ns));
  if (slot >= m_slots.size()) m_slots.resize(slot + 1);
  ++m_slots[slot];
  ++m_count;
  m_total += ns;
  m_max = std::max(m_max, ns);
}

void Histogram::merge(const Histogram& other) {
  if (other.m_slots.size() > m_slots.size()) m_slots.resize(other.m_slots.size());
  for (std::size_t slot = 0; slot < other.m_slots.size(); ++slot) m_slots[slot] += other.m_slots[slot];
  m_count += other.m_count;
  m_total += other.m_total;
  m_max = std::max(m_max, other.m_max);
}

Histogram::Place Histogram::placeOf(std::uint64_t rank) const {
  assert(rank < m_count);
  std::uint64_t below = 0;
  std::size_t slot = 0;
  while (slot + 1 < m_slots.size() && below + m_slots[slot] <= rank) below += m_slots[slot++];
  return {bucketAt(slot), below};
}

Ns Histogram::valueAt(std::uint64_t rank) const {
  const int bucket = placeOf(rank).bucket;
  if (bucket == kZeroBucket) return 0;
  // Harmonic mean of the edges: the same relative distance to both, (g - 1) / (g + 1) = 1.083 % for g = 2^(1/32).
  const double low = edgeOf(bucket), high = edgeOf(bucket + 1);
  return std::min(m_max, static_cast<Ns>(std::llround(2 * low * high / (low + high))));
}

}  // namespace descry
