// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <time.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "collector/record/bpf_programs.hpp"
#include "collector/record/probe_set.hpp"
#include "collector/record/ring_reader.hpp"
#include "schemas/error.hpp"

namespace descry {

inline std::uint64_t monotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

/// What the probes of both sides do alike with the skeleton that bpftool generated.
template <typename Skeleton>
class SkeletonProbes : public ProbeSet {
 public:
  SkeletonProbes(std::span<const ProbePoint> points, const ProbeOptions& options, Take take)
      : m_options(options), m_take(std::move(take)), m_programs(points, options.detail) {}

  void attach() override {
    m_programs.choose(!m_options.onlyKprobes);
    do load();
    while (!m_programs.attach(m_skeleton->obj));
    attachHelpers();
    if (m_programs.attached() == 0)
      throw Error(fmt::format("not one probe could be attached; {}: {}", coverage().front().point->name,
                              coverage().front().reason));
    m_ring = std::make_unique<RingReader>(bpf_map__fd(m_skeleton->maps.records), m_options.raw, m_take);
  }
  const std::vector<Coverage>& coverage() const override { return m_programs.coverage(); }
  std::size_t consume() override { return m_ring->consume(); }
  void finish() override {
    m_programs.detach();
    m_ring->consume();
    m_ring->flush();
    if (m_options.folded) handOverOpen(monotonicNs());
  }
  ProbeLoss loss() const override {
    if (!m_skeleton) return {};
    return {m_skeleton->bss->lostInRing, m_skeleton->bss->lostInMap, 0};
  }
  ProbeCost cost() const override { return m_skeleton ? readCosts(bpf_map__fd(m_skeleton->maps.costs)) : ProbeCost{}; }

 protected:
  /// Sets the constants of the programs, from m_options.
  virtual void configure(Skeleton& skeleton) = 0;
  /// Programs that only keep arguments for a kretprobe.
  virtual std::vector<std::string> helpers() const { return {}; }
  virtual void attachHelpers() {}
  /// Hands over what is still in the maps when nothing is attached any more.
  virtual void handOverOpen(std::uint64_t now) = 0;

  template <typename Structure>
  static Structure newRecord(std::uint32_t type, std::uint64_t ns) {
    Structure record{};
    record.header.type = type;
    record.header.ns = ns;
    return record;
  }
  template <typename Structure>
  void handOver(const Structure& record) {
    m_take(record.header);
  }

  ProbeOptions m_options;
  Take m_take;
  BpfPrograms m_programs;
  struct Destroy {
    void operator()(Skeleton* skeleton) const { Skeleton::destroy(skeleton); }
  };
  std::unique_ptr<Skeleton, Destroy> m_skeleton;

 private:
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
};

}  // namespace descry
