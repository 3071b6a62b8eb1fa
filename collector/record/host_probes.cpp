// SPDX-License-Identifier: GPL-2.0-or-later
// The probes of a host: kernel vhost.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <time.h>

#include <cstring>
#include <utility>

#include "collector/record/bpf_programs.hpp"
#include "collector/record/probe_set.hpp"
#include "collector/record/ring_reader.hpp"
#include "host.skel.h"
#include "schemas/error.hpp"

namespace descry {

namespace kernel {
#include "collector/probes/host_layout.h"
}

namespace {

std::uint64_t monotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

struct SkeletonDelete {
  void operator()(host_bpf* skeleton) const { host_bpf__destroy(skeleton); }
};

class HostProbes final : public ProbeSet {
 public:
  HostProbes(const ProbeOptions& options, Take take)
      : m_options(options), m_take(std::move(take)), m_programs(hostPoints(), options.detail) {}

  void attach() override;
  const std::vector<Coverage>& coverage() const override { return m_programs.coverage(); }
  std::size_t consume() override { return m_ring->consume(); }
  void finish() override;
  ProbeLoss loss() const override {
    if (!m_skeleton) return {};
    return {m_skeleton->bss->lostInRing, m_skeleton->bss->lostInMap, 0};
  }
  ProbeCost cost() const override { return m_skeleton ? readCosts(bpf_map__fd(m_skeleton->maps.costs)) : ProbeCost{}; }

 private:
  using Skeleton = std::unique_ptr<host_bpf, SkeletonDelete>;
  Skeleton open();
  void load();
  std::vector<std::string> helpers() const;
  void handOverOpen();
  void handOverChain(const kernel::Chain& chain, std::uint32_t epoch);
  void handOverEpoch(std::uint64_t vq, const kernel::Queue& queue, std::uint64_t now);

  ProbeOptions m_options;
  Take m_take;
  BpfPrograms m_programs;
  Skeleton m_skeleton;
  std::unique_ptr<RingReader> m_ring;
};

HostProbes::Skeleton HostProbes::open() {
  Skeleton skeleton(host_bpf__open());
  if (!skeleton) throw Error(fmt::format("the BPF programs cannot be opened: {}", std::strerror(errno)));
  auto& constants = *skeleton->rodata;
  constants.wantFolded = m_options.folded;
  constants.wantRaw = m_options.raw;
  constants.stashCalls = m_programs.needsArguments();
  constants.usedHasNumbers = m_programs.symbols().parametersOf("vhost_add_used_n") == 4;
  constants.onlyOwner = m_options.ownerPid;
  constants.onlyDevice = m_options.device;
  constants.onlyQueue = m_options.queue;
  bpf_map__set_max_entries(skeleton->maps.records, m_options.ringBytes);
  return skeleton;
}

/// Programs that only keep arguments for a kretprobe.
std::vector<std::string> HostProbes::helpers() const {
  for (const Coverage& point : coverage())
    if (point.program == "onReadReturn_kretprobe" && point.attachment == Attachment::Kprobe) return {"onRead_kprobe"};
  return {};
}

void HostProbes::load() {
  m_skeleton = open();
  m_programs.selectIn(m_skeleton->obj, helpers());
  if (host_bpf__load(m_skeleton.get()) == 0) return;
  m_programs.replaceRefused([this] {
    std::shared_ptr<host_bpf> skeleton(open());
    return std::shared_ptr<bpf_object>(skeleton, skeleton->obj);
  });
  m_skeleton = open();
  m_programs.selectIn(m_skeleton->obj, helpers());
  takeLibbpfMessage();
  if (const int error = host_bpf__load(m_skeleton.get()); error != 0)
    throw Error(
        fmt::format("the kernel takes none of the probes: {}\n{}", std::strerror(-error), takeLibbpfMessage()));
}

void HostProbes::attach() {
  m_programs.choose(!m_options.onlyKprobes);
  do load();
  while (!m_programs.attach(m_skeleton->obj));
  for (const std::string& program : helpers()) m_programs.attachExtra(m_skeleton->obj, program, "vhost_chr_read_iter");
  if (m_programs.attached() == 0)
    throw Error(fmt::format("not one probe could be attached; {}: {}", coverage().front().point->name,
                            coverage().front().reason));
  m_ring = std::make_unique<RingReader>(bpf_map__fd(m_skeleton->maps.records), m_options.raw, m_take);
}

void HostProbes::handOverChain(const kernel::Chain& chain, std::uint32_t epoch) {
  descry_host_half half{};
  half.header.type = Descry_host_half;
  half.header.ns = chain.fetched;
  half.vq = chain.vq;
  half.position = chain.position;
  half.kick = chain.kick;
  half.arrived = chain.arrived;
  half.entered = chain.entered;
  half.tried = chain.tried;
  half.fetched = chain.fetched;
  half.epoch = chain.epoch;
  half.head = chain.head;
  half.out = chain.out;
  half.in = chain.in;
  half.len = -1;
  half.misses = chain.misses;
  half.retries = chain.retries;
  half.flags = chain.flags | (chain.epoch == epoch ? IN_FLIGHT_AT_END : END_UNSEEN);
  half.hits = chain.hits;
  m_take(half.header);
}

void HostProbes::handOverEpoch(std::uint64_t vq, const kernel::Queue& queue, std::uint64_t now) {
  if (queue.kick != 0 && queue.kickServed == 0) {
    descry_host_kick kick{};
    kick.header.type = Descry_host_kick;
    kick.header.ns = queue.kick;
    kick.vq = vq;
    m_take(kick.header);
  }
  const kernel::Counters& counters = queue.counters;
  descry_host_epoch epoch{};
  epoch.header.type = Descry_host_epoch;
  epoch.header.ns = now;
  epoch.vq = vq;
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
  m_take(epoch.header);
}

/// Chains that are still with the backend, and the counters of each queue.
void HostProbes::handOverOpen() {
  if (!m_options.folded) return;
  const std::uint64_t now = monotonicNs();
  const int queues = bpf_map__fd(m_skeleton->maps.queues);
  const std::size_t bytes = sizeof(kernel::Chain) * MOST_QUEUES * OPEN_PER_QUEUE;
  void* mapped = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, bpf_map__fd(m_skeleton->maps.chains), 0);
  const auto* chains = mapped == MAP_FAILED ? nullptr : static_cast<const kernel::Chain*>(mapped);
  std::uint64_t key = 0, next = 0;
  const std::uint64_t* from = nullptr;
  while (bpf_map_get_next_key(queues, from, &next) == 0) {
    key = next;
    from = &key;
    kernel::Queue queue{};
    if (bpf_map_lookup_elem(queues, &key, &queue) != 0 || queue.wanted == 0) continue;
    for (std::size_t i = 0; chains != nullptr && i < OPEN_PER_QUEUE; ++i) {
      const kernel::Chain& chain = chains[std::size_t{queue.slot} * OPEN_PER_QUEUE + i];
      if (chain.state == kernel::CHAIN_OPEN && chain.vq == key) handOverChain(chain, queue.epoch);
    }
    handOverEpoch(key, queue, now);
  }
  if (chains != nullptr) munmap(mapped, bytes);
}

void HostProbes::finish() {
  if (!m_skeleton) return;
  m_programs.detach();
  m_ring->consume();
  m_ring->flush();
  handOverOpen();
}

}  // namespace

std::unique_ptr<ProbeSet> makeHostProbes(const ProbeOptions& options, ProbeSet::Take take) {
  silenceLibbpf();
  return std::make_unique<HostProbes>(options, std::move(take));
}

}  // namespace descry
