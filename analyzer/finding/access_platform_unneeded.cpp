// SPDX-License-Identifier: GPL-2.0-or-later
// The feature that makes a device respect IOMMU and memory protection is on, and neither is there. The host was seen
// not to translate (else needless-translation has it), nothing is bounced, so all that is left of it is work in the
// guest.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

std::string query(const Target& target) {
  return fmt::format(
      "SELECT d.access_platform, d.dma_api, d.iommu_group_type, d.translation, d.swiotlb_forced, m.halves, m.dma_maps,"
      " m.dma_identity, round(1.0 * m.dma_maps / nullif(m.halves, 0), 1) AS maps_per_chain, m.bounces, c.chains,"
      " c.latency_ns, c.ring_ns, c.ring_percent FROM device_view d,"
      " (SELECT count(*) AS halves, sum(dma_maps) AS dma_maps, sum(dma_identity) AS dma_identity,"
      " sum(bounces) AS bounces FROM guest_half JOIN queue USING (queue_id) WHERE device_id = {1}) m, {2} c"
      " WHERE coalesce(d.guest_device_id, d.host_device_id) = {0}",
      target.deviceId, target.guestId, causeTable(target, "ring"));
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::string group = evidence.text("iommu_group_type");
  const std::int64_t maps = evidence.integer("dma_maps");
  const bool unprotected = evidence.integer("swiotlb_forced") != 1 && evidence.integer("bounces") == 0;
  const bool noIommu = group == "none" || group == "identity";
  if (target.hostId == 0 || evidence.integer("access_platform") != 1 || evidence.integer("dma_api") != 1 || !noIommu ||
      !unprotected || evidence.text("translation") != "not in path" || maps < kSmallestSample ||
      evidence.integer("dma_identity") != maps)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = "warning";
  verdict.confidence = "high";
  verdict.sample = maps;
  verdict.title = fmt::format(
      "{}: ACCESS_PLATFORM is on for nothing; {:.1f} DMA mappings per chain return the address they "
      "were given",
      target.device, evidence.real("maps_per_chain"));
  verdict.why = fmt::format(
      "VIRTIO_F_ACCESS_PLATFORM makes the driver map every buffer with the DMA API. The IOMMU group is '{}', nothing "
      "is "
      "bounced, nobody translates, and all {} mappings are identities.{}",
      group, maps, target.transport == "ccw" ? " Channel I/O has no IOMMU, so no translation can ever be needed." : "");
  verdict.change = fmt::format(
      "Switch the feature off for this device: QEMU '-device {},iommu_platform=off', libvirt \"<driver "
      "iommu='off'/>\"; "
      "restart the guest.",
      qemuModel(target));
  verdict.cost =
      "A protected guest (SEV, TDX, Secure Execution) must keep iommu_platform=on. The gain is guest CPU time: a few "
      "calls per request, more in a capture than without its probes.";
  verdict.howToCheck =
      "The guest's memory is protected after all (dmesg says 'Memory Encryption' or 'Secure Execution'), or the add "
      "phase "
      "is no shorter in a new capture with iommu_platform=off.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (evidence.known("access_platform") && evidence.integer("access_platform") == 0) return "";
  if (evidence.known("dma_api") && evidence.integer("dma_api") == 0) return "";
  if (!evidence.known("access_platform")) return "whether ACCESS_PLATFORM is on was not recorded";
  return firstOf({lacksHost(target), lacksGuest(target), lacksSample(evidence.integer("dma_maps"), "DMA mappings")});
}

}  // namespace

const Rule kAccessPlatformUnneeded{"access-platform-unneeded", Rule::Subject::Device, query, judge, lacks};

}  // namespace descry
