// SPDX-License-Identifier: GPL-2.0-or-later
// The probes of a host: kernel vhost.
#include <host.skel.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "collector/decode/descry_records.hpp"
#include "collector/record/skeleton_probes.hpp"

namespace descry {

namespace kernel {
#include "collector/probes/host_layout.h"
}

namespace {

class HostProbes final : public SkeletonProbes<host_bpf> {
 public:
  HostProbes(const ProbeOptions& options, Take take)
      : SkeletonProbes(pointsFor(options), withWholeHits(options), std::move(take)) {}
  ProbeCost cost() const override {
    ProbeCost sum = SkeletonProbes::cost();
    if (!m_skeleton) return sum;
    sum.besideMissed += m_skeleton->bss->lostSignals;
    // Hits of the shortest way are counted with their queue.
    forEachEntry<kernel::Queue>(m_skeleton->maps.queues,
                                [&sum](const kernel::Queue& queue) { sum.hits += queue.fastHits; });
    return sum;
  }
  int threadsFd() const override { return m_options.kvm && m_skeleton ? bpf_map__fd(m_skeleton->maps.workers) : -1; }

 private:
  static std::span<const ProbePoint> pointsFor(const ProbeOptions& options) {
    if (!options.kvm) return hostPoints();
    return options.noVhost ? kvmAlonePoints() : hostAndKvmPoints();
  }
  /// Single hits are put together in user space, which needs both ends of a fetch.
  static ProbeOptions withWholeHits(ProbeOptions options) {
    if (options.raw) options.detail = Detail::Full;
    return options;
  }
  void configure(host_bpf& skeleton) override;
  std::vector<std::string> helpers() const override;
  void attachHelpers() override;
  /// Programs that keep arguments, each with its function.
  std::vector<std::pair<std::string, std::string>> keepers() const;
  bool isAttached(const char* point) const;
  bool fetchesBegin() const { return isAttached(kFetchBegins); }
  void handOverOpen(std::uint64_t now) override;
  void handOverChain(const kernel::Chain& chain, std::uint32_t epoch);
  void handOverEpoch(const kernel::Queue& queue, std::uint64_t now);
  void handOverKvm(std::uint64_t now);
};

void HostProbes::configure(host_bpf& skeleton) {
  auto& constants = *skeleton.rodata;
  constants.usedHasNumbers = m_programs.symbols().parametersOf("vhost_add_used_n") == 4;
  constants.mayCallBack =
      bpfCompiler() == BpfCompiler::On && libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_loop, nullptr) == 1;
  constants.fetchesBegin = fetchesBegin();
  constants.writesSeen = isAttached(kVmmAnswers);
  constants.withKvm = m_options.kvm;
  constants.kvmOfVmm = m_options.kvmOfVmm;
  constants.onlyOwner = m_options.ownerPid;
  constants.onlyDevice = m_options.device;
  constants.onlyQueue = m_options.queue;
}

std::vector<std::pair<std::string, std::string>> HostProbes::keepers() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Coverage& point : coverage()) {
    if (point.attachment != Attachment::Kprobe) continue;
    if (point.program == "onReadReturn_kretprobe") all.emplace_back("onRead_kprobe", point.function);
    if (point.program.starts_with("onFetch") && point.point->onReturn && !fetchesBegin())
      all.emplace_back("keepFetch_kprobe", point.function);
  }
  return all;
}

std::vector<std::string> HostProbes::helpers() const {
  std::vector<std::string> programs;
  for (const auto& [program, function] : keepers()) programs.push_back(program);
  return programs;
}

void HostProbes::attachHelpers() {
  for (const auto& [program, function] : keepers()) m_programs.attachExtra(m_skeleton->obj, program, function);
}

bool HostProbes::isAttached(const char* point) const {
  return std::ranges::any_of(coverage(), [point](const Coverage& one) {
    return one.point->name == std::string_view(point) && one.attachment != Attachment::Missing;
  });
}

void HostProbes::handOverChain(const kernel::Chain& chain, std::uint32_t epoch) {
  descry_host_half half{};
  if (chain.state == kernel::CHAIN_OPEN_SHORT) {
    const kernel::ShortChain& brief = chain.brief;
    half = wholeHalf({brief.tried_fetched, brief.kick_entered, brief.arrived, brief.counts}, brief.since);
  } else {
    const kernel::WholeChain& whole = chain.whole;
    half.kick = whole.kick;
    half.arrived = whole.arrived;
    half.entered = whole.entered;
    half.tried = whole.tried;
    half.fetched = whole.fetched;
    half.head = whole.head;
    half.out = whole.out;
    half.in = whole.in;
    half.misses = whole.misses;
    half.retries = whole.retries;
    half.flags = whole.flags;
    half.hits = whole.hits;
  }
  half.header = newRecord<descry_host_half>(Descry_host_half, half.fetched).header;
  half.vq = chain.vq;
  half.position = chain.position;
  half.epoch = chain.epoch;
  half.len = -1;
  half.flags |= chain.epoch == epoch ? IN_FLIGHT_AT_END : END_UNSEEN;
  handOver(half);
}

void HostProbes::handOverEpoch(const kernel::Queue& queue, std::uint64_t now) {
  if (queue.kick != 0 && queue.kickServed == 0) {
    auto kick = newRecord<descry_host_kick>(Descry_host_kick, queue.kick);
    kick.vq = queue.key;
    handOver(kick);
  }
  const kernel::Counters& counters = queue.counters;
  auto epoch = newRecord<descry_host_epoch>(Descry_host_epoch, now);
  epoch.vq = queue.key;
  epoch.start = queue.epochStart;
  epoch.first_position = queue.firstPosition;
  epoch.last_position = queue.lastPosition;
  epoch.epoch = queue.epoch;
  epoch.last = 1;
  epoch.from_start = queue.baseSeen;
  epoch.gaps = counters.gaps;
  epoch.fetches = counters.fetches;
  epoch.used = counters.used;
  epoch.kicks = counters.kicks;
  epoch.interrupts = counters.interrupts;
  epoch.eagain = counters.eagain;
  epoch.empty = counters.empty;
  epoch.errors = counters.errors;
  epoch.failed_prefetches = counters.failedPrefetches;
  epoch.discarded = counters.discarded;
  epoch.misses = counters.misses;
  epoch.metadata_misses = counters.metadataMisses;
  epoch.head_mismatches = counters.headMismatches;
  epoch.stray = counters.stray;
  epoch.went_back = counters.wentBack;
  handOver(epoch);
}

/// Chains that are still with the backend, and the counters of each queue.
void HostProbes::handOverOpen(std::uint64_t now) {
  std::vector<kernel::Queue> queues;
  forEachEntry<kernel::Queue>(m_skeleton->maps.queues, [&queues](const kernel::Queue& queue) {
    if (queue.wanted != 0) queues.push_back(queue);
  });
  std::map<std::uint64_t, std::uint32_t> epochs;
  for (const kernel::Queue& queue : queues) epochs[queue.key] = queue.epoch;
  forEachEntry<kernel::Chain>(m_skeleton->maps.chains, [&](const kernel::Chain& chain) {
    if (chain.state != kernel::CHAIN_OPEN && chain.state != kernel::CHAIN_OPEN_SHORT) return;
    if (const auto epoch = epochs.find(chain.vq); epoch != epochs.end()) handOverChain(chain, epoch->second);
  });
  if (m_options.kvm) handOverKvm(now);  // before the epochs, which name the worker
  for (const kernel::Queue& queue : queues) handOverEpoch(queue, now);
}

/// The state of a virtual CPU that goes on is complete up to its last change; what it does since then is left out.
void HostProbes::handOverKvm(std::uint64_t now) {
  forEachEntry<kernel::Vcpu>(m_skeleton->maps.vcpus, [&](const kernel::Vcpu& vcpu) {
    if (vcpu.key == 0) return;
    auto record = newRecord<descry_kvm_vcpu>(Descry_kvm_vcpu, now);
    record.begin = vcpu.begin;
    record.guest = vcpu.times[kernel::VCPU_GUEST];
    record.kernel = vcpu.times[kernel::VCPU_KERNEL];
    record.vmm = vcpu.times[kernel::VCPU_VMM];
    record.no_cpu = vcpu.times[kernel::VCPU_NO_CPU];
    record.halted = vcpu.times[kernel::VCPU_HALTED];
    record.polling = vcpu.times[kernel::VCPU_POLLING];
    record.doorbell_away = vcpu.doorbellAway;
    record.tsc_offset = vcpu.tscOffset;
    record.tsc_ratio = vcpu.tscRatio;
    record.tsc_since = vcpu.tscSince;
    record.vcpu = static_cast<std::uint32_t>(vcpu.key);
    record.number = vcpu.number;
    record.owner = vcpu.owner;
    record.exits = vcpu.exits;
    record.vmm_exits = vcpu.vmmExits;
    record.halts = vcpu.halts;
    record.polled = vcpu.polled;
    record.doorbells = vcpu.doorbells;
    record.interrupts = vcpu.interrupts;
    record.injected = vcpu.injections;
    record.merged = vcpu.merged;
    handOver(record);
  });
  forEachEntry<kernel::Worker>(m_skeleton->maps.workers, [&](const kernel::Worker& worker) {
    if (worker.key == 0 || worker.on == 0) return;
    auto record = newRecord<descry_kvm_worker>(Descry_kvm_worker, now);
    record.hdev = worker.hdev;
    record.woken = worker.woken;
    record.on = worker.on;
    record.tid = static_cast<std::uint32_t>(worker.key);
    handOver(record);
  });
}

}  // namespace

std::unique_ptr<ProbeSet> makeHostProbes(const ProbeOptions& options, ProbeSet::Take take) {
  silenceLibbpf();
  return std::make_unique<HostProbes>(options, std::move(take));
}

}  // namespace descry
