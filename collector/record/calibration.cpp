// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/calibration.hpp"

#include <bpf/libbpf.h>
#include <calibration.skel.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "collector/record/monotonic_clock.hpp"

namespace descry {

namespace {

#if defined(__x86_64__)
constexpr const char* kFunction = "__x64_sys_getppid";
#elif defined(__s390x__)
constexpr const char* kFunction = "__s390x_sys_getppid";
#elif defined(__aarch64__)
constexpr const char* kFunction = "__arm64_sys_getppid";
#else
constexpr const char* kFunction = "sys_getppid";
#endif

// Short rounds, so that some are not interrupted.
constexpr int kRounds = 60, kCalls = 100;

/// Of the fastest round: everything else that happened took longer.
std::uint64_t roundNs() {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t begin = monotonicNs();
    for (int call = 0; call < kCalls; ++call) getppid();
    least = std::min(least, monotonicNs() - begin);
  }
  return least;
}

struct Destroy {
  void operator()(calibration_bpf* skeleton) const { calibration_bpf::destroy(skeleton); }
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

}  // namespace

std::uint64_t measureOutsidePs(bool fentry) {
  const std::unique_ptr<calibration_bpf, Destroy> skeleton(calibration_bpf::open());
  if (!skeleton) return 0;
  bpf_program* program = fentry ? skeleton->progs.nothing_fentry : skeleton->progs.nothing_kprobe;
  bpf_program__set_autoload(fentry ? skeleton->progs.nothing_kprobe : skeleton->progs.nothing_fentry, false);
  if (fentry && bpf_program__set_attach_target(program, 0, kFunction) != 0) return 0;
  if (calibration_bpf::load(skeleton.get()) != 0) return 0;
  const std::uint64_t without = roundNs();
  const std::unique_ptr<bpf_link, Destroy> link(fentry ? bpf_program__attach_trace(program)
                                                       : bpf_program__attach_kprobe(program, false, kFunction));
  if (!link) return 0;
  const std::uint64_t with = roundNs();
  return with > without ? (with - without) * 1000 / kCalls : 0;
}

}  // namespace descry
