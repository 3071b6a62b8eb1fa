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

std::string proof(const Evidence& evidence, bool byHost, bool byGuest) {
  std::string text;
  if (byHost)
    text = fmt::format(
        "Host: the {} updates that answered its misses map {} pages, all of them at {} from the requested address.",
        countText(evidence.integer("answered")), countText(evidence.integer("pages")),
        evidence.integer("distances") == 1 ? "the same distance" : "one of two distances");
  if (byGuest)
    text += fmt::format("{}Guest: {} of {} DMA mappings returned the physical address, and the IOMMU group is '{}'.",
                        text.empty() ? "" : " ", countText(evidence.integer("dma_identity")),
                        countText(evidence.integer("dma_maps")), evidence.text("iommu_group_type"));
  return text;
}

Verdict describe(const Target& target, const Evidence& evidence, bool byHost, bool byGuest, bool inUse) {
  Verdict verdict;
  const double part = evidence.real("iotlb_percent");
  verdict.severity = inUse && part >= kMuch ? Severity::Critical : Severity::Warning;
  verdict.confidence = inUse && byGuest ? "high" : "medium";
  verdict.sample = byHost ? evidence.integer("answered") : evidence.integer("dma_maps");
  verdict.title =
      inUse ? fmt::format("{}: the device IOTLB translates every address into itself ({} misses, {} of the latency)",
                          target.device, countText(evidence.integer("misses")), percent(part))
            : fmt::format("{}: its addresses need no translation; whether the host translates them was not recorded",
                          target.device);
  verdict.why = fmt::format(
      "{} VIRTIO_F_ACCESS_PLATFORM makes the guest use the DMA API and makes vhost look up each address in its IOTLB. "
      "A page that is not in the IOTLB stops the queue until the VMM answers.",
      proof(evidence, byHost, byGuest));
  if (target.transport == "ccw") verdict.why += " Channel I/O has no IOMMU, so translation is never needed.";
  const std::int64_t chains = evidence.integer("chains");
  if (inUse && chains > 0) {
    verdict.why += fmt::format(
        " Stalls take {} of the mean latency of {} over {} chains. That is the upper bound of the gain: without the "
        "stalls, the chains would spend part of that time waiting for something else.",
        timeText(evidence.integer("iotlb_ns") / chains), timeText(evidence.integer("latency_ns") / chains),
        countText(chains));
    verdict.prediction = predictedGain(evidence, "the stalls");
    // What docs/decisions.md says of the captures of the lab.
    if (!verdict.prediction.empty())
      verdict.prediction += " In real captures the gain was up to a tenth smaller than predicted.";
  }
  verdict.change = "Switch the feature off for this device: " +
                   turn(target, Knob::AccessPlatform, "off", "; then restart the guest");
  if (target.machine.runsQemu())
    verdict.change +=
        " If the feature has to stay, use QEMU 6.2 or later: it gives vhost an IOTLB only where an IOMMU is in use.";
  verdict.cause = Cause::Iotlb;
  verdict.percent = inUse ? part : 0;
  verdict.action = turnLine("Unless the guest is protected", target, Knob::AccessPlatform, "off");
  verdict.cost =
      "A protected guest (SEV, TDX, Secure Execution) must keep the feature. So must a guest that uses a virtual "
      "IOMMU, for example to pass the device to user space or to a nested guest.";
  verdict.howToCheck =
      "In the guest, run 'cat /sys/kernel/iommu_groups/*/type': DMA or DMA-FQ for this device contradicts the finding. "
      "Or record again without the feature: the latency must drop.";
  return verdict;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t maps = evidence.integer("dma_maps"), identities = evidence.integer("dma_identity");
  const std::string group = evidence.text("iommu_group_type"), translation = evidence.text("translation");
  if (group.starts_with("DMA") || translation == wordOf(Translation::Viommu) || (maps > 0 && identities < maps))
    return std::nullopt;
  const bool inUse = translation == wordOf(Translation::DeviceIotlb);
  const std::int64_t pages = evidence.integer("pages"), distances = evidence.integer("distances");
  const bool byHost = inUse && pages >= kPages && distances <= kDistances && pages >= distances * kPages / 2;
  const bool byGuest = evidence.integer("access_platform") == 1 && evidence.integer("dma_api") == 1 && !group.empty() &&
                       maps >= kSmallestSample && evidence.integer("bounces") == 0;
  if (inUse ? !byHost && !byGuest : !byGuest || target.hostId != kNoDevice) return std::nullopt;
  return describe(target, evidence, byHost, byGuest, inUse);
}

std::string lacks(const Target& target, const Evidence& evidence) {
  const std::string group = evidence.text("iommu_group_type"), translation = evidence.text("translation");
  const std::int64_t maps = evidence.integer("dma_maps");
  if (group.starts_with("DMA") || translation == wordOf(Translation::Viommu) ||
      (maps > 0 && evidence.integer("dma_identity") < maps))
    return "";
  if (translation == wordOf(Translation::DeviceIotlb))
    return lacksSample(evidence.integer("pages"), "translated pages", kPages);
  if (target.hostId != kNoDevice || (evidence.known("access_platform") && evidence.integer("access_platform") == 0))
    return "";
  return maps < kSmallestSample ? "neither the host nor DMA mappings of the guest were recorded" : "";
}

}  // namespace

const Rule kNeedlessTranslation{"needless-translation", Rule::Subject::Device, judge, lacks};

}  // namespace descry
