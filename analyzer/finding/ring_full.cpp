// SPDX-License-Identifier: GPL-2.0-or-later
// The guest comes with requests while the ring has no room for one more: what waits outside of the ring is in no
// latency of ours. Receive buffers are meant to fill their ring and do not count.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kOften = 5, kMost = 50;  // percent of the adds; of the latency

std::string change(const Target& target) {
  if (target.kind == "net")
    return fmt::format(
        "A larger ring: QEMU '-device {},tx_queue_size=1024' (more than 256 only with vhost-user or vDPA), libvirt \"<driver tx_queue_size='1024'/>\". Or more queues: QEMU '-netdev ...,queues=N' with 'mq=on', and in the guest 'ethtool -L <interface> combined N'.",
        qemuModel(target));
  if (target.kind == "scsi")
    return fmt::format("A larger ring: QEMU '-device {},virtqueue_size=1024'. Or more queues: 'num_queues=N'.",
                       qemuModel(target));
  return fmt::format(
      "A larger ring: QEMU '-device {},queue-size=1024', libvirt \"<driver queue_size='1024'/>\". Or more queues: 'num-queues=N'.",
      qemuModel(target));
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t size = evidence.integer("size"), lookedAt = evidence.integer("looked_at");
  const std::int64_t full = evidence.integer("full_adds");
  if (target.guestQueueId == 0 || size <= 0 || full < kSmallestSample || evidence.real("full_percent") < kOften)
    return std::nullopt;
  const bool deviceIsBusy = evidence.real("backend_percent") >= kMost;
  Verdict verdict;
  verdict.severity = deviceIsBusy ? "info" : "warning";
  verdict.confidence = "medium";
  verdict.sample = lookedAt;
  verdict.title = fmt::format("{}: the ring of {} entries is full at {:.1f} % of the adds", target.name(), size,
                              evidence.real("full_percent"));
  verdict.why = fmt::format(
      "{} of {} adds left no room for another request; {:.1f} chains were in flight on average, {} at most, each in {:.1f} descriptors. {} adds failed. Whoever comes then waits outside of the ring, which is part of no number here.",
      full, lookedAt, evidence.real("in_flight"), evidence.integer("most_in_flight"), evidence.real("segments"),
      evidence.integer("failed_adds"));
  if (deviceIsBusy)
    verdict.why += fmt::format(" The device's own work is {:.1f} % of the latency: it is what the ring waits for.",
                               evidence.real("backend_percent"));
  verdict.change = change(target);
  verdict.cost =
      "If the device is the limit, a larger ring only moves the waiting into it: each request then takes longer.";
  verdict.howToCheck = "With a larger ring the throughput stays the same and the latency grows with the ring.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (target.queue.starts_with("rx")) return "";
  return firstOf({lacksGuest(target), evidence.integer("size") <= 0 ? "the size of the ring was not recorded" : "",
                  lacksSample(evidence.integer("looked_at"), "chains with their end")});
}

}  // namespace

const Rule kRingFull{"ring-full", Rule::Subject::Queue, judge, lacks};

}  // namespace descry
