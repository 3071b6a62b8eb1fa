// SPDX-License-Identifier: GPL-2.0-or-later
// A trace of the tracepoint swiotlb_bounced alone: no request is known, so no time, but that devices bounce, how much,
// and whether the guest makes them.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  if (evidence.integer("bounces") == 0 || evidence.integer("virtio_devices") > 0) return std::nullopt;
  const bool forced = evidence.integer("forced") > 0;
  Verdict verdict;
  verdict.severity = Severity::Warning;
  verdict.confidence = forced ? "high" : "medium";
  verdict.sample = evidence.integer("bounces");
  verdict.title = fmt::format("{}: {} copied through bounce buffers, {}", evidence.text("devices"),
                              countText(evidence.integer("bounces"), "mapping was", "mappings were"),
                              bytesText(evidence.integer("bytes")));
  verdict.why = forced ? "The guest bounces everything: it was booted with swiotlb=force or its memory is protected. "
                       : "The guest does not force it: the device cannot reach these addresses. ";
  verdict.why += "How long it takes is not known: the trace has no event of a virtio ring.";
  verdict.change =
      forced ? "If the guest is not protected: boot it without 'swiotlb=force', and switch off the DMA API for the "
               "device: " +
                   turn(target, Knob::AccessPlatform, "off") +
                   " If the guest is protected: keep both, use Linux 6.0 or later, which splits the lock of the pool."
             : "Let the device reach all memory: a 64-bit DMA mask in its driver, or less memory for the guest.";
  verdict.action = forced ? "Unless the guest is protected: boot it without swiotlb=force"
                          : "Give its driver a 64-bit DMA mask, or the guest less memory";
  verdict.cost =
      "Without bounce buffers the device of a protected guest cannot reach its data, and the driver fails to start.";
  verdict.howToCheck =
      "Record the requests as well: 'descry record', or the probes that 'descry record --print-trace-cmd' prints. The "
      "report then says what part of the latency it is.";
  return verdict;
}

std::string lacks(const Target&, const Evidence&) {
  return "";
}

}  // namespace

const Rule kBouncedDevices{"bounced-devices", Rule::Subject::Case, judge, lacks};

}  // namespace descry
