// SPDX-License-Identifier: GPL-2.0-or-later
// Buffers are copied through swiotlb and that takes a good part of the latency: how much is searching for slots, how
// much copying, and how much is copied twice because a buffer the device fills is copied in as well.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 10, kMost = 50;  // percent of the latency

std::string query(const Target& target) {
  return fmt::format(
      "SELECT d.swiotlb_forced, d.access_platform, b.bounced_chains, b.bounces,"
      " round(1.0 * b.bounces / nullif(b.bounced_chains, 0), 1) AS bounces_per_chain, b.bounce_bytes, "
      "b.copy_back_bytes,"
      " b.out_ns, b.search_ns, b.in_ns, c.chains, c.latency_ns, c.swiotlb_ns, c.swiotlb_percent, p.* FROM device_view "
      "d,"
      " (SELECT sum(bounces > 0) AS bounced_chains, sum(bounces) AS bounces, CAST(total(bounce_bytes) AS INTEGER) AS "
      "bounce_bytes,"
      " CAST(total(copy_back_bytes) AS INTEGER) AS copy_back_bytes, sum(swiotlb_out_ns) AS out_ns, "
      "sum(swiotlb_search_ns) AS search_ns,"
      " sum(swiotlb_in_ns) AS in_ns FROM guest_half JOIN queue USING (queue_id) WHERE device_id = {1}) b, {2} c, {3} p"
      " WHERE coalesce(d.guest_device_id, d.host_device_id) = {0}",
      target.deviceId, target.guestId, causeTable(target, "swiotlb"), predictionTable(target, "swiotlb"));
}

std::string whereTheTimeGoes(const Evidence& evidence) {
  std::string text = fmt::format("Bouncing takes {} on the way out and {} on the way back",
                                 duration(evidence.integer("out_ns")), duration(evidence.integer("in_ns")));
  if (evidence.known("search_ns"))
    text += fmt::format("; {} of it search for free slots and wait for the pool's lock",
                        duration(evidence.integer("search_ns")));
  text += '.';
  if (evidence.integer("copy_back_bytes") > 0)
    text += fmt::format(
        " {} bytes are copied back: buffers that the device fills are copied twice, in (to keep what it leaves "
        "untouched) "
        "and out.",
        evidence.integer("copy_back_bytes"));
  return text;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const double percent = evidence.real("swiotlb_percent");
  if (evidence.integer("bounced_chains") < kSmallestSample || percent < kWorthNaming) return std::nullopt;
  const bool forced = evidence.integer("swiotlb_forced") == 1;
  Verdict verdict;
  verdict.severity = percent >= kMost ? "critical" : "warning";
  verdict.confidence = forced ? "high" : "medium";
  verdict.sample = evidence.integer("bounced_chains");
  verdict.title = fmt::format("{}: bounce buffers take {:.1f} % of the latency ({:.1f} copies per chain)",
                              target.device, percent, evidence.real("bounces_per_chain"));
  verdict.why = whereTheTimeGoes(evidence) + predictedGain(evidence, "bounce buffers") +
                (forced ? " The guest bounces everything: it was booted with swiotlb=force or its memory is protected."
                        : " Whether the guest's memory is protected is not recorded.");
  verdict.change = fmt::format(
      "If the guest is not protected: boot it without 'swiotlb=force', and switch the DMA API off for this device with "
      "QEMU "
      "'-device {},iommu_platform=off'. If it is: keep it, use a kernel of 6.0 or later, which splits the lock of the "
      "pool, "
      "give it more areas and room ('swiotlb=131072,<cpus>': slots of 2 KiB, areas), and send larger requests over "
      "fewer "
      "scatter list entries.",
      qemuModel(target));
  verdict.cost =
      "Without bounce buffers the device of a protected guest cannot reach its data: the driver fails to start. A "
      "larger "
      "pool is memory that nothing else can use.";
  verdict.howToCheck =
      "'swiotlb_ns' stays where it is with fewer probes (descry record --detail light): then copying costs it, else "
      "part "
      "of it was the capture. Or 'dmesg | grep -i -e swiotlb -e encrypt' shows that the pool is not forced.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (evidence.known("access_platform") && evidence.integer("access_platform") == 0) return "";
  return firstOf({lacksGuest(target), evidence.known("bounces") ? "" : "bounce buffers were not recorded"});
}

}  // namespace

const Rule kForcedBounce{"forced-bounce", Rule::Subject::Device, query, judge, lacks};

}  // namespace descry
