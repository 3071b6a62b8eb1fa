// SPDX-License-Identifier: GPL-2.0-or-later
// The virtual CPU that rings the doorbell comes all the way to the VMM, which hands it to the thread that serves the
// queue. With an ioeventfd the kernel does that. Only good to know: an emulated CPU has no other way, and a capture
// cannot tell.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

std::string query(const Target& target) {
  const std::string from =
      fmt::format("guest_half JOIN queue USING (queue_id) WHERE device_id = {} AND k_ns IS NOT NULL", target.guestId);
  return fmt::format(
      "SELECT g.rung, h.doorbells_seen, h.in_other_thread, {2} AS doorbell_ns, c.chains, c.latency_ns, "
      "c.notification_ns,"
      " c.notification_percent FROM"
      " (SELECT coalesce(sum(doorbells_rung), 0) AS rung FROM queue_view WHERE device_id = {0} AND side = 'guest') g,"
      " (SELECT coalesce(sum(doorbells_seen), 0) AS doorbells_seen, coalesce(sum(doorbells_other_thread), 0) AS "
      "in_other_thread FROM "
      "queue_view"
      " WHERE device_id = {1} AND side = 'host') h, {3} c",
      target.guestId, target.hostId, medianSql("(k_return_ns - k_ns)", from), causeTable(target, "notification"));
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t rung = evidence.integer("rung"), exits = evidence.integer("in_other_thread");
  if (rung < kSmallestSample || exits * 10 < rung * 9) return std::nullopt;
  Verdict verdict;
  verdict.severity = "info";
  verdict.confidence = "medium";
  verdict.sample = rung;
  verdict.title = fmt::format("{}: its doorbells exit to the VMM ({} of {})", target.device, exits, rung);
  verdict.why = fmt::format(
      "The VMM logged them in the thread of the virtual CPU, besides the one that serves the queue. The call takes the "
      "guest {} (median), and the virtual CPU runs nothing else meanwhile.",
      evidence.known("doorbell_ns") ? duration(evidence.integer("doorbell_ns")) : "an unknown time");
  verdict.change = fmt::format(
      "Let the kernel take the doorbell: QEMU '-device {},ioeventfd=on' (the default with KVM).", qemuModel(target));
  verdict.cost = "None worth naming with KVM; each queue takes an event descriptor.";
  verdict.howToCheck =
      "The guest runs without KVM (TCG): then there is no ioeventfd and this is how it has to be. Or 'perf kvm stat' "
      "shows "
      "no exit to user space for the doorbell's address.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf(
      {lacksHost(target), lacksGuest(target), lacksSample(evidence.integer("rung"), "doorbells of the guest")});
}

}  // namespace

const Rule kDoorbellExits{"doorbell-exits", Rule::Subject::Device, query, judge, lacks};

}  // namespace descry
