// SPDX-License-Identifier: GPL-2.0-or-later
// The feature that makes a device respect IOMMU and memory protection is on, and neither is there. The host was seen
// not to translate (else needless-translation has it), nothing is bounced, so all that is left of it is work in the
// guest.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::string group = evidence.text("iommu_group_type");
  const std::int64_t maps = evidence.integer("dma_maps");
  const bool unprotected = evidence.integer("swiotlb_forced") != 1 && evidence.integer("bounces") == 0;
  const bool noIommu = group == "none" || group == "identity";
  if (target.hostId == kNoDevice || evidence.integer("access_platform") != 1 || evidence.integer("dma_api") != 1 ||
      !noIommu || !unprotected || evidence.text("translation") != wordOf(Translation::NotInPath) ||
      maps < kSmallestSample || evidence.integer("dma_identity") != maps)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = Severity::Warning;
  verdict.confidence = "high";
  verdict.sample = maps;
  verdict.title = fmt::format(
      "{}: ACCESS_PLATFORM is enabled but has no effect; {:.1f} DMA mappings per chain return the address they were "
      "given",
      target.device, evidence.real("maps_per_chain"));
  verdict.why = fmt::format(
      "VIRTIO_F_ACCESS_PLATFORM makes the driver map every buffer with the DMA API. But the IOMMU group is '{}', "
      "nothing is bounced, the host does not translate, and all {} mappings return the physical address.{}",
      group, countText(maps),
      target.transport == "ccw" ? " Channel I/O has no IOMMU, so translation is never needed." : "");
  verdict.change = "Switch the feature off for this device: " +
                   turn(target, Knob::AccessPlatform, "off", "; then restart the guest");
  verdict.action = turnLine("Unless the guest is protected", target, Knob::AccessPlatform, "off");
  verdict.cost =
      "A protected guest (SEV, TDX, Secure Execution) must keep the feature. The gain is small: the guest saves "
      "CPU time for a few calls per request, and these calls cost more in a capture than without its probes.";
  verdict.howToCheck =
      "Look for 'Memory Encryption' or 'Secure Execution' in the guest's dmesg: either means that the guest is "
      "protected and needs the feature. Or record again without it: the add must get shorter.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (evidence.known("access_platform") && evidence.integer("access_platform") == 0) return "";
  if (evidence.known("dma_api") && evidence.integer("dma_api") == 0) return "";
  if (!evidence.known("access_platform")) return "whether ACCESS_PLATFORM is on was not recorded";
  return firstOf({lacksHost(target), lacksGuest(target), lacksSample(evidence.integer("dma_maps"), "DMA mappings")});
}

}  // namespace

const Rule kAccessPlatformUnneeded{"access-platform-unneeded", Rule::Subject::Device, judge, lacks};

}  // namespace descry
