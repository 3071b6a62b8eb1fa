// SPDX-License-Identifier: GPL-2.0-or-later
// The device translates addresses, and every translation gives back what was asked for. Either side can prove it: the
// host by updates that all lie at one distance from the guest's addresses (guest memory mapped as it is), the guest by
// DMA addresses that equal physical ones. A guest whose IOMMU is in use refutes it.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr std::int64_t kPages = 16;     // fewer pages may lie at one distance by accident
constexpr std::int64_t kDistances = 2;  // guest memory below and above 4 GiB may be mapped apart
constexpr double kMuch = 20;            // percent of the latency

std::string query(const Target& target) {
  return fmt::format(
      "SELECT d.access_platform, d.dma_api, d.iommu_group_type, d.translation, m.dma_maps, m.dma_identity, m.bounces,"
      " u.misses, u.answered, u.pages, u.distances, c.chains, c.latency_ns, c.iotlb_ns, c.iotlb_percent,"
      " p.* FROM device_view d,"
      " (SELECT sum(dma_maps) AS dma_maps, sum(dma_identity) AS dma_identity, sum(bounces) AS bounces"
      " FROM guest_half JOIN queue USING (queue_id) WHERE device_id = {1}) m,"
      " (SELECT count(*) AS misses, count(e.ns) AS answered, count(DISTINCT e.iova) AS pages,"
      " count(DISTINCT e.address - e.iova) AS distances FROM iotlb_miss s JOIN queue q USING (queue_id)"
      " JOIN device v USING (device_id) LEFT JOIN iotlb_event e ON e.capture_id = v.capture_id AND e.ns = s.updated_ns"
      " AND e.kind = 'update' AND s.iova >= e.iova AND s.iova < e.iova + e.bytes WHERE q.device_id = {2}) u, {3} c, "
      "{4} p"
      " WHERE coalesce(d.guest_device_id, d.host_device_id) = {0}",
      target.deviceId, target.guestId, target.hostId, causeTable(target, "iotlb"), predictionTable(target, "iotlb"));
}

std::string proof(const Evidence& evidence, bool byHost, bool byGuest) {
  std::string text;
  if (byHost)
    text =
        fmt::format("Host: the {} updates that answered its misses map {} pages, all at {} from the address asked for.",
                    evidence.integer("answered"), evidence.integer("pages"),
                    evidence.integer("distances") == 1 ? "one and the same distance" : "one of two distances");
  if (byGuest)
    text += fmt::format("{}Guest: {} of {} DMA mappings returned the physical address, and the IOMMU group is '{}'.",
                        text.empty() ? "" : " ", evidence.integer("dma_identity"), evidence.integer("dma_maps"),
                        evidence.text("iommu_group_type"));
  return text;
}

Verdict describe(const Target& target, const Evidence& evidence, bool byHost, bool byGuest, bool inUse) {
  Verdict verdict;
  const double percent = evidence.real("iotlb_percent");
  verdict.severity = inUse && percent >= kMuch ? "critical" : "warning";
  verdict.confidence = inUse && byGuest ? "high" : "medium";
  verdict.sample = byHost ? evidence.integer("answered") : evidence.integer("dma_maps");
  verdict.title =
      inUse ? fmt::format(
                  "{}: the device IOTLB translates every address into itself ({} misses, {:.1f} % of the latency)",
                  target.device, evidence.integer("misses"), percent)
            : fmt::format("{}: addresses need no translation; whether the host translates them was not recorded",
                          target.device);
  verdict.why = fmt::format(
      "{} VIRTIO_F_ACCESS_PLATFORM makes the guest use the DMA API and vhost look up each address in its IOTLB; a page "
      "that is not there stops the queue until the VMM answers.",
      proof(evidence, byHost, byGuest));
  if (target.transport == "ccw") verdict.why += " Channel I/O has no IOMMU, so no translation can ever be needed.";
  const std::int64_t chains = evidence.integer("chains");
  if (inUse && chains > 0) {
    verdict.why += fmt::format(
        " Stalls are {} of the mean latency of {} over {} chains. That is the most there is to gain: without them part "
        "of the waiting would be for something else.",
        duration(evidence.integer("iotlb_ns") / chains), duration(evidence.integer("latency_ns") / chains), chains);
    verdict.why += predictedGain(evidence, "the stalls");
    // What docs/decisions.md says of the captures of the lab.
    if (evidence.known("predicted_gain_percent"))
      verdict.why += " Real captures with and without it gained up to a tenth less than predicted.";
  }
  verdict.change = fmt::format(
      "Switch the feature off for this device: QEMU '-device {},iommu_platform=off', libvirt \"<driver "
      "iommu='off'/>\"; "
      "restart the guest. If the feature has to stay, use QEMU 6.2 or later, which gives vhost an IOTLB only where an "
      "IOMMU is in use.",
      qemuModel(target));
  verdict.cost =
      "A protected guest (SEV, TDX, Secure Execution) must keep iommu_platform=on, and so must one that uses a virtual "
      "IOMMU, for example to pass the device on to user space or to a nested guest.";
  verdict.howToCheck =
      "In the guest, 'cat /sys/kernel/iommu_groups/*/type' shows DMA or DMA-FQ for this device, or a new capture with "
      "iommu_platform=off is no faster.";
  return verdict;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t maps = evidence.integer("dma_maps"), identities = evidence.integer("dma_identity");
  const std::string group = evidence.text("iommu_group_type"), translation = evidence.text("translation");
  if (group.starts_with("DMA") || translation == "viommu" || (maps > 0 && identities < maps)) return std::nullopt;
  const bool inUse = translation == "device iotlb";
  const std::int64_t pages = evidence.integer("pages"), distances = evidence.integer("distances");
  const bool byHost = inUse && pages >= kPages && distances <= kDistances && pages >= distances * kPages / 2;
  const bool byGuest = evidence.integer("access_platform") == 1 && evidence.integer("dma_api") == 1 && !group.empty() &&
                       maps >= kSmallestSample && evidence.integer("bounces") == 0;
  if (inUse ? !byHost && !byGuest : !byGuest || target.hostId != 0) return std::nullopt;
  return describe(target, evidence, byHost, byGuest, inUse);
}

std::string lacks(const Target& target, const Evidence& evidence) {
  const std::string group = evidence.text("iommu_group_type"), translation = evidence.text("translation");
  const std::int64_t maps = evidence.integer("dma_maps");
  if (group.starts_with("DMA") || translation == "viommu" || (maps > 0 && evidence.integer("dma_identity") < maps))
    return "";
  if (translation == "device iotlb") return lacksSample(evidence.integer("pages"), "translated pages", kPages);
  if (target.hostId != 0 || (evidence.known("access_platform") && evidence.integer("access_platform") == 0)) return "";
  return maps < kSmallestSample ? "neither the host nor DMA mappings of the guest were recorded" : "";
}

}  // namespace

const Rule kNeedlessTranslation{"needless-translation", Rule::Subject::Device, query, judge, lacks};

}  // namespace descry
