// SPDX-License-Identifier: GPL-2.0-or-later
// Buffers are copied through swiotlb and that takes a good part of the latency: how much is searching for slots, how
// much copying, and how much is copied twice because a buffer the device fills is copied in as well.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 10, kMost = 50;  // percent of the latency

std::string whereTheTimeGoes(const Evidence& evidence) {
  std::string text = fmt::format("Bouncing takes {} on the way out and {} on the way back",
                                 timeText(evidence.integer("out_ns")), timeText(evidence.integer("in_ns")));
  if (evidence.known("search_ns"))
    text += fmt::format("; {} of it is spent on searching for free slots and waiting for the pool's lock",
                        timeText(evidence.integer("search_ns")));
  text += '.';
  if (evidence.integer("copy_back_bytes") > 0)
    text += fmt::format(
        " {} are copied back: buffers that the device fills are copied twice, in (to keep what the device leaves "
        "untouched) and out.",
        bytesText(evidence.integer("copy_back_bytes")));
  return text;
}

/// How much is copied and how fast, and what the same traffic takes without it.
std::string whatTheCopiesTake(const Evidence& evidence) {
  const std::int64_t bytes = evidence.integer("bounce_bytes") + evidence.integer("copy_back_bytes");
  const std::int64_t copying = evidence.integer("out_ns") - evidence.integer("search_ns") + evidence.integer("in_ns");
  const std::int64_t span = evidence.integer("span_ns"), chains = evidence.integer("chains");
  if (bytes == 0 || copying <= 0 || span <= 0 || chains == 0) return "";
  constexpr double kPerSecond = 1e9;
  const auto rate = [&](std::int64_t time) {
    return bytesText(static_cast<std::int64_t>(static_cast<double>(bytes) * kPerSecond / static_cast<double>(time)));
  };
  const std::int64_t taken = evidence.integer("out_ns") + evidence.integer("in_ns");
  return fmt::format(
      " {} are copied in {}: {} per second, at a memory bandwidth of {} per second while it copies. Bouncing takes {} of "
      "one CPU. Without it the same traffic copies nothing, and a chain takes at most {} on average instead of {}.",
      bytesText(bytes), timeText(span), rate(span), rate(copying),
      percent(100.0 * static_cast<double>(taken) / static_cast<double>(span)),
      timeText((evidence.integer("latency_ns") - evidence.integer("swiotlb_ns")) / chains),
      timeText(evidence.integer("latency_ns") / chains));
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const double part = evidence.real("swiotlb_percent");
  if (evidence.integer("bounced_chains") < kSmallestSample || part < kWorthNaming) return std::nullopt;
  const bool forced = evidence.integer("swiotlb_forced") == 1;
  Verdict verdict;
  verdict.severity = part >= kMost ? Severity::Critical : Severity::Warning;
  verdict.confidence = forced ? "high" : "medium";
  verdict.sample = evidence.integer("bounced_chains");
  verdict.title = fmt::format("{}: bounce buffers take {} of the latency ({:.1f} copies per chain)", target.device,
                              percent(part), evidence.real("bounces_per_chain"));
  verdict.why = whereTheTimeGoes(evidence) + whatTheCopiesTake(evidence) +
                (forced ? " The guest bounces everything: it was booted with swiotlb=force or its memory is protected."
                        : " Whether the guest's memory is protected was not recorded.");
  verdict.prediction = predictedGain(evidence, "bounce buffers");
  verdict.change =
      "If the guest is not protected: boot it without 'swiotlb=force', and switch off the DMA API for this device: " +
      turn(target, Knob::AccessPlatform, "off") +
      " If the guest is protected: keep both. Use Linux 6.0 or later, which splits the lock of the pool. Leave the size "
      "of the pool to the kernel unless swiotlb-pool or swiotlb-full is found (any 'swiotlb=N' replaces its default, "
      "which is larger in SEV and TDX guests). Send larger requests in fewer scatter list entries, at most 256 KiB each.";
  verdict.cause = Cause::Swiotlb;
  verdict.percent = part;
  verdict.action = forced ? turnLine("Unless the guest is protected", target, Knob::NoForcedBounce)
                          : "Find out why it bounces: dmesg | grep -i -e swiotlb -e encrypt";
  verdict.cost =
      "Without bounce buffers the device of a protected guest cannot reach its data, and the driver fails to start.";
  verdict.howToCheck =
      "Record again with fewer probes (descry record --detail light): if the time of swiotlb drops, part of it was the "
      "capture itself. Or run 'dmesg | grep -i -e swiotlb -e encrypt' in the guest: it must say that the pool is "
      "forced or the memory encrypted.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (evidence.known("access_platform") && evidence.integer("access_platform") == 0) return "";
  return firstOf({lacksGuest(target), evidence.known("bounces") ? "" : "bounce buffers were not recorded"});
}

}  // namespace

const Rule kForcedBounce{"forced-bounce", Rule::Subject::Device, judge, lacks};

}  // namespace descry
