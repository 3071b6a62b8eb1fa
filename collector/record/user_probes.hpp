// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "collector/record/skeleton_probes.hpp"
#include "collector/record/uprobe_links.hpp"

namespace descry {

/// What all probes on programs of user space do alike with the skeleton that bpftool generated.
template <typename Skeleton>
class UserProbes : public ProbeSet {
 public:
  UserProbes(const ProbeOptions& options, Take take) : m_options(options), m_take(std::move(take)) {}

  const std::vector<Coverage>& coverage() const override { return m_coverage; }
  std::uint64_t finish() override {
    const std::uint64_t end = monotonicNs();
    m_skeleton->bss->recording = false;
    m_links.detach();
    finishReading(end);
    return end;
  }
  ProbeCost cost() const override {
    ProbeCost sum;
    if (!m_skeleton) return sum;
    addCosts(m_skeleton->bss->costs, sum);
    sum.outsidePs = outsidePs();
    return sum;
  }

 protected:
  /// Sets the constants and the maps of the programs.
  virtual void configure(Skeleton& skeleton) = 0;
  /// What getting into a probe and out takes, per hit.
  virtual std::uint64_t outsidePs() const = 0;
  /// Reads the rest when nothing is attached any more.
  virtual void finishReading(std::uint64_t end) = 0;

  /// `whose`: the probes, in messages.
  void load(const char* whose) {
    m_skeleton.reset(Skeleton::open());
    if (!m_skeleton)
      throw Error(fmt::format("the BPF programs for {} cannot be opened: {}", whose, std::strerror(errno)));
    bpf_map__set_max_entries(m_skeleton->maps.records, m_options.ringBytes);
    configure(*m_skeleton);
    takeLibbpfMessage();
    if (const int error = Skeleton::load(m_skeleton.get()); error != 0)
      throw Error(fmt::format("the kernel does not take the probes of {}: {}\n{}", whose, std::strerror(-error),
                              takeLibbpfMessage()));
  }
  /// When everything is attached: from then on everything is seen.
  std::uint64_t start() {
    const std::uint64_t begin = monotonicNs();
    m_skeleton->bss->recording = true;
    return begin;
  }

  struct Destroy {
    void operator()(Skeleton* skeleton) const { Skeleton::destroy(skeleton); }
  };
  ProbeOptions m_options;
  Take m_take;
  std::unique_ptr<Skeleton, Destroy> m_skeleton;
  UprobeLinks m_links;
  std::vector<Coverage> m_coverage;
  UprobeCost m_outside;
};

/// The same for probes on QEMU, which hand over every hit.
template <typename Skeleton>
class HitProbes : public UserProbes<Skeleton> {
 public:
  using UserProbes<Skeleton>::UserProbes;
  std::size_t consume() override { return m_ring ? m_ring->consume() : 0; }

 protected:
  void configure(Skeleton& skeleton) override {
    skeleton.rodata->wantFolded = false;
    skeleton.rodata->wantRaw = true;
  }
  std::uint64_t outsidePs() const override { return this->trapCost().qemuPs; }
  void finishReading(std::uint64_t) override {
    m_ring->consume();
    m_ring->flush();
  }
  std::uint64_t readAndStart() {
    m_ring = std::make_unique<RingReader>(bpf_map__fd(this->m_skeleton->maps.records), true, this->m_take);
    return this->start();
  }

 private:
  std::unique_ptr<RingReader> m_ring;
};

}  // namespace descry
