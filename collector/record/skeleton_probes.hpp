// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "collector/record/bpf_programs.hpp"
#include "collector/record/calibration.hpp"
#include "collector/record/monotonic_clock.hpp"
#include "collector/record/probe_set.hpp"
#include "collector/record/ring_reader.hpp"
#include "schemas/model/error.hpp"

namespace descry {

/// What the probes counted (probes/emit.h): a line of words per CPU.
inline void addCosts(std::span<const __u64> costs, ProbeCost& sum) {
  constexpr std::size_t kCostWords = 8;
  for (std::size_t at = 0; at + kCostWords <= costs.size(); at += kCostWords) {
    sum.hits += costs[at];
    sum.timed += costs[at + 1];
    sum.timedNs += costs[at + 2];
    sum.besideHits += costs[at + 4];
    sum.besideTimed += costs[at + 5];
    sum.besideNs += costs[at + 6];
  }
}

/// What the probes of both sides do alike with the skeleton that bpftool generated.
template <typename Skeleton>
class SkeletonProbes : public ProbeSet {
 public:
  SkeletonProbes(std::span<const ProbePoint> points, const ProbeOptions& options, Take take)
      : m_options(options), m_take(std::move(take)), m_programs(points, options.detail) {}

  std::uint64_t attach() override {
    m_programs.choose(!m_options.onlyKprobes);
    do load();
    while (!m_programs.attach(m_skeleton->obj));
    attachHelpers();
    if (m_programs.attached() == 0)
      throw Error(fmt::format("not one probe could be attached; {}: {}", coverage().front().point->name,
                              coverage().front().reason));
    m_outsidePs = measureOutsidePs(m_programs.mostlyFentry());
    m_ring = std::make_unique<RingReader>(bpf_map__fd(m_skeleton->maps.records), m_options.raw, m_take);
    const std::uint64_t begin = monotonicNs();
    m_skeleton->bss->recording = true;
    return begin;
  }
  const std::vector<Coverage>& coverage() const override { return m_programs.coverage(); }
  std::size_t consume() override {
    // Asking the kernel takes a system call per probe.
    if (++m_rounds % kRoundsPerLook == 0) m_missed = m_programs.missedHits();
    return m_ring->consume();
  }
  std::uint64_t finish() override {
    const std::uint64_t end = monotonicNs();
    m_skeleton->bss->recording = false;
    m_missed = m_programs.missedHits();
    m_kvmMissed = m_programs.missedKvmHits();
    m_programs.detach();
    m_ring->consume();
    m_ring->flush();
    if (m_options.folded) handOverOpen(end);
    return end;
  }
  ProbeLoss loss() const override {
    if (!m_skeleton) return {};
    return {m_skeleton->bss->lostInRing, m_skeleton->bss->lostInMap, m_missed};
  }
  ProbeCost cost() const override {
    ProbeCost sum;
    if (!m_skeleton) return sum;
    sum.outsidePs = m_outsidePs;
    sum.besideMissed = m_kvmMissed;
    addCosts(m_skeleton->bss->costs, sum);
    return sum;
  }

 protected:
  /// Sets the constants of the programs, from m_options.
  virtual void configure(Skeleton& skeleton) = 0;
  /// Programs that only keep arguments for a kretprobe.
  virtual std::vector<std::string> helpers() const { return {}; }
  virtual void attachHelpers() {}
  /// Hands over what is still in the maps when nothing is attached any more.
  virtual void handOverOpen(std::uint64_t now) = 0;

  /// Calls `take(entry)` for each entry of a table (probes/tables.h) or another mapped array.
  template <typename Entry, typename TakeEntry>
  static void forEachEntry(const bpf_map* map, TakeEntry take) {
    const std::size_t entries = bpf_map__max_entries(map), bytes = entries * sizeof(Entry);
    void* mapped = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);
    if (mapped == MAP_FAILED)
      throw Error(fmt::format("{} cannot be mapped: {}", bpf_map__name(map), std::strerror(errno)));
    const std::unique_ptr<void, std::function<void(void*)>> unmap(mapped, [bytes](void* at) { munmap(at, bytes); });
    for (const Entry& entry : std::span(static_cast<const Entry*>(mapped), entries)) take(entry);
  }
  template <typename Structure>
  static Structure newRecord(std::uint32_t type, std::uint64_t ns) {
    Structure record{};
    record.header.type = type;
    record.header.ns = ns;
    return record;
  }
  template <typename Structure>
  void handOver(const Structure& record) {
    m_take(RecordRun::of(record));
  }

  ProbeOptions m_options;
  Take m_take;
  BpfPrograms m_programs;
  struct Destroy {
    void operator()(Skeleton* skeleton) const { Skeleton::destroy(skeleton); }
  };
  std::unique_ptr<Skeleton, Destroy> m_skeleton;

 private:
  static constexpr std::uint64_t kRoundsPerLook = 100;

  std::unique_ptr<Skeleton, Destroy> open() {
    std::unique_ptr<Skeleton, Destroy> skeleton(Skeleton::open());
    if (!skeleton) throw Error(fmt::format("the BPF programs cannot be opened: {}", std::strerror(errno)));
    auto& constants = *skeleton->rodata;
    constants.wantFolded = m_options.folded;
    constants.wantRaw = m_options.raw;
    constants.stashCalls = m_programs.needsArguments();
    bpf_map__set_max_entries(skeleton->maps.records, m_options.ringBytes);
    configure(*skeleton);
    return skeleton;
  }

  void load() {
    m_skeleton = open();
    m_programs.selectIn(m_skeleton->obj, helpers());
    if (Skeleton::load(m_skeleton.get()) == 0) return;
    m_programs.replaceRefused([this] {
      std::shared_ptr<Skeleton> skeleton(open());
      return std::shared_ptr<bpf_object>(skeleton, skeleton->obj);
    });
    m_skeleton = open();
    m_programs.selectIn(m_skeleton->obj, helpers());
    takeLibbpfMessage();
    if (const int error = Skeleton::load(m_skeleton.get()); error != 0)
      throw Error(
          fmt::format("the kernel takes none of the probes: {}\n{}", std::strerror(-error), takeLibbpfMessage()));
  }

  std::unique_ptr<RingReader> m_ring;
  std::uint64_t m_rounds = 0, m_missed = 0, m_kvmMissed = 0, m_outsidePs = 0;
};

}  // namespace descry
