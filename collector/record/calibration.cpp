// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/calibration.hpp"

#include <bpf/libbpf.h>
#include <calibration.skel.h>
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "collector/record/monotonic_clock.hpp"
#include "collector/vmm/program_file.hpp"

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
template <typename Call>
std::uint64_t roundNs(Call callOnce) {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t begin = monotonicNs();
    for (int call = 0; call < kCalls; ++call) callOnce();
    least = std::min(least, monotonicNs() - begin);
  }
  return least;
}

#if defined(__x86_64__)
/// What is probed: a push, which the kernel does in the place of the processor, and a return.
extern "C" void descryCalibrated();
asm(".pushsection .text\n"
    ".type descryCalibrated, @function\n"
    "descryCalibrated: push %rbp\n"
    "pop %rbp\n"
    "ret\n"
    ".size descryCalibrated, . - descryCalibrated\n"
    ".popsection");
#endif

struct Destroy {
  void operator()(calibration_bpf* skeleton) const { calibration_bpf::destroy(skeleton); }
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

/// The others need not be taken by every kernel.
void loadOnly(const calibration_bpf& skeleton, const bpf_program* wanted) {
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(skeleton.obj, program)) != nullptr)
    bpf_program__set_autoload(program, program == wanted);
}

#if defined(__x86_64__)
std::uint64_t uprobePs(bool onReturn) {
  const std::unique_ptr<calibration_bpf, Destroy> skeleton(calibration_bpf::open());
  if (!skeleton) return 0;
  bpf_program* program = onReturn ? skeleton->progs.nothing_uretprobe : skeleton->progs.nothing_uprobe;
  loadOnly(*skeleton, program);
  if (calibration_bpf::load(skeleton.get()) != 0) return 0;
  const std::uint64_t without = roundNs(descryCalibrated);
  const ProgramFile self("/proc/self/exe");
  Dl_info where{};
  const auto address = reinterpret_cast<std::uint64_t>(&descryCalibrated);
  if (dladdr(reinterpret_cast<const void*>(address), &where) == 0) return 0;
  const auto offset = self.fileOffset(address - reinterpret_cast<std::uint64_t>(where.dli_fbase));
  const std::unique_ptr<bpf_link, Destroy> link(
      bpf_program__attach_uprobe(program, onReturn, getpid(), "/proc/self/exe", offset));
  if (!link) return 0;
  const std::uint64_t with = roundNs(descryCalibrated);
  return with > without ? (with - without) * 1000 / kCalls : 0;
}
#endif

}  // namespace

UprobeCost measureUprobePs() {
#if defined(__x86_64__)
  return {uprobePs(false), uprobePs(true)};
#else
  return {};
#endif
}

std::uint64_t measureOutsidePs(bool fentry) {
  const std::unique_ptr<calibration_bpf, Destroy> skeleton(calibration_bpf::open());
  if (!skeleton) return 0;
  loadOnly(*skeleton, fentry ? skeleton->progs.nothing_fentry : skeleton->progs.nothing_kprobe);
  bpf_program* program = fentry ? skeleton->progs.nothing_fentry : skeleton->progs.nothing_kprobe;
  if (fentry && bpf_program__set_attach_target(program, 0, kFunction) != 0) return 0;
  if (calibration_bpf::load(skeleton.get()) != 0) return 0;
  const std::uint64_t without = roundNs(getppid);
  const std::unique_ptr<bpf_link, Destroy> link(fentry ? bpf_program__attach_trace(program)
                                                       : bpf_program__attach_kprobe(program, false, kFunction));
  if (!link) return 0;
  const std::uint64_t with = roundNs(getppid);
  return with > without ? (with - without) * 1000 / kCalls : 0;
}

}  // namespace descry
