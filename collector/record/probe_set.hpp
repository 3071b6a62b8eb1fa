// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "collector/event/batch.hpp"
#include "collector/probes/records.h"
#include "collector/record/probe_points.hpp"
#include "collector/vmm/qemu_processes.hpp"
#include "collector/vmm/vhost_user_backends.hpp"

namespace descry {

/// What the probes record; applied in the kernel.
struct ProbeOptions {
  Detail detail = Detail::Normal;
  bool folded = true, raw = false;
  bool kvm = false;            ///< host: also KVM and the scheduler; not with raw hits
  bool kvmOfVmm = false;       ///< also doorbells and interrupts of queues that are not vhost's
  bool noVhost = false;        ///< of a host only KVM and the scheduler: it has no vhost
  bool onlyKprobes = false;    ///< also where fentry would work
  std::uint32_t ownerPid = 0;  ///< host: VMM; 0: all
  std::uint64_t device = 0;    ///< host: address of the vhost device; guest: 1 + number of virtioN; 0: all
  std::int32_t queue = -1;     ///< queue index; -1: all
  std::uint32_t ringBytes = 8U << 20U;
};

/// What the probes cost so far. One hit of 61 is timed.
struct ProbeCost {
  std::uint64_t hits = 0, timed = 0, timedNs = 0;
  /// The same of probes that no chain goes through: virtual CPUs and the scheduler.
  std::uint64_t besideHits = 0, besideTimed = 0, besideNs = 0, besideMissed = 0;
  std::uint64_t outsidePs = 0;  ///< per hit, to get in and out; 0: could not be measured
  /// Mean time inside a probe; 0 when none was timed.
  double insideNs() const { return timed == 0 ? 0 : static_cast<double>(timedNs) / static_cast<double>(timed); }
  double insideBesideNs() const {
    return besideTimed == 0 ? 0 : static_cast<double>(besideNs) / static_cast<double>(besideTimed);
  }
  double perHitNs() const { return insideNs() + static_cast<double>(outsidePs) * 1e-3; }
};

/// What probes on programs of user space take to get into and out of, in picoseconds, as measured when they were
/// attached; 0: there is none.
struct TrapCost {
  std::uint64_t qemuPs = 0;   ///< on a QEMU, per hit
  std::uint64_t burstPs = 0;  ///< on a vhost-user backend, per call for a burst, of which each has two
};

/// Records that could not be handed over, since the probes were loaded.
struct ProbeLoss {
  std::uint64_t inRing = 0, inMap = 0, inHits = 0;
};

/// Records of one type, one behind the other. They stand in a ring or a buffer as bytes: who reads one takes a copy.
struct RecordRun {
  const std::byte* first = nullptr;
  std::size_t count = 1;
  std::size_t bytes = 0;  ///< of each

  template <typename Structure>
  static RecordRun of(const Structure& structure) {
    return {std::as_bytes(std::span(&structure, 1)).data(), 1, sizeof structure};
  }
  std::uint32_t type() const { return structureAt<DescryHeader>(first).type; }
  std::span<const std::byte> from(std::size_t index, std::size_t records) const {
    return {first + index * bytes, records * bytes};
  }
};

/// The probes of one side: loads them, attaches each on its own, reads their records. One thread. What is attached is
/// detached when the object, or the process, ends.
class ProbeSet {
 public:
  using Take = std::function<void(const RecordRun& records)>;

  virtual ~ProbeSet() = default;
  /// Loads and attaches; then all probes start at once. Returns when (CLOCK_MONOTONIC, ns): from then on everything is
  /// seen. Throws Error when not one point can be attached.
  virtual std::uint64_t attach() = 0;
  virtual const std::vector<Coverage>& coverage() const = 0;
  /// Hands over what the ring holds; the number of records.
  virtual std::size_t consume() = 0;
  /// Stops all probes at once, detaches them, hands over the rest and what was still open. Returns when they stopped
  /// (CLOCK_MONOTONIC, ns): up to then everything was seen. Detaching itself may take a second.
  virtual std::uint64_t finish() = 0;
  virtual ProbeLoss loss() const = 0;
  virtual ProbeCost cost() const = 0;
  virtual TrapCost trapCost() const { return {}; }
  /// Map of the threads whose scheduling is recorded; -1: there is none.
  virtual int threadsFd() const { return -1; }
};

std::unique_ptr<ProbeSet> makeHostProbes(const ProbeOptions& options, ProbeSet::Take take);
std::unique_ptr<ProbeSet> makeGuestProbes(const ProbeOptions& options, ProbeSet::Take take);
/// Of queues that these QEMUs serve themselves. A QEMU that cannot be probed is a line of the coverage. `host`: probes
/// that are attached first and record the scheduler, which then also records the threads of QEMU; null: there are none.
std::unique_ptr<ProbeSet> makeQemuProbes(const ProbeOptions& options, std::vector<QemuProcess> qemus,
                                         const ProbeSet* host, ProbeSet::Take take);
/// The same by the static trace points of these QEMUs.
std::unique_ptr<ProbeSet> makeQemuTracePoints(const ProbeOptions& options, std::vector<QemuProcess> qemus,
                                              ProbeSet::Take take);
/// Of queues that these vhost-user backends serve. One that cannot be probed is a line of the coverage.
std::unique_ptr<ProbeSet> makeVhostUserProbes(const ProbeOptions& options, std::vector<VhostUserBackend> backends,
                                              ProbeSet::Take take);
/// Several sets as one, attached in this order.
std::unique_ptr<ProbeSet> joinProbes(std::vector<std::unique_ptr<ProbeSet>> sets);

}  // namespace descry
