// SPDX-License-Identifier: GPL-2.0-or-later
// Prints the frequency of this machine's time stamp counter in kHz. An emulated x86 machine shows the same counter, but
// one without HPET and ACPI timer (microvm) often fails to measure it when the emulation is slow, and then does not
// boot.
#include <time.h>
#include <x86intrin.h>

#include <cstdint>
#include <cstdio>

namespace {

std::int64_t nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

int main() {
  constexpr std::int64_t kSpan = 200'000'000;
  const std::int64_t begin = nanoseconds();
  const std::uint64_t first = __rdtsc();
  while (nanoseconds() - begin < kSpan) {
  }
  const std::uint64_t ticks = __rdtsc() - first;
  const std::int64_t span = nanoseconds() - begin;
  std::printf("%.0f\n", static_cast<double>(ticks) * 1e6 / static_cast<double>(span));
  return 0;
}
