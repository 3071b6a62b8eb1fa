// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/tsc_reading.hpp"

#include "collector/record/monotonic_clock.hpp"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace descry {

#if defined(__x86_64__)

/// The best of some: an interrupt in between makes the others worse.
std::optional<TscReading> readTsc() {
  constexpr int kTries = 16;
  TscReading best;
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t before = monotonicNs();
    _mm_lfence();
    const std::uint64_t tsc = __rdtsc();
    _mm_lfence();
    const std::uint64_t after = monotonicNs();
    const std::uint64_t error = (after - before) / 2 + 1;
    if (i == 0 || error < best.errorNs) best = {before + (after - before) / 2, tsc, error};
  }
  return best;
}

#else

std::optional<TscReading> readTsc() {
  return {};
}

#endif

}  // namespace descry
