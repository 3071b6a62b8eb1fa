// SPDX-License-Identifier: GPL-2.0-or-later
// Packets come and the guest has posted no buffer for them. vhost looks into a receive ring only when it has a packet,
// so each time it finds the ring empty one is waiting (or is dropped once the socket's queue is full).
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kOften = 2;  // percent of the chains

std::string query(const Target& target) {
  return fmt::format(
      "SELECT v.vhost, max(q.size) AS size, e.fetches, e.empty_fetches,"
      " round(100.0 * e.empty_fetches / nullif(e.fetches, 0), 1) AS empty_percent, g.buffers, g.late FROM"
      " (SELECT max(vhost) AS vhost FROM device WHERE device_id IN ({2}, {3})) v,"
      " (SELECT coalesce(sum(fetches), 0) AS fetches, coalesce(sum(empty_fetches), 0) AS empty_fetches FROM queue_epoch"
      " WHERE queue_id = {1}) e, (SELECT count(*) AS buffers, sum(stock_ns <= 0) AS late FROM chain"
      " WHERE queue_id = {0} AND pair_id IS NOT NULL AND stock_ns IS NOT NULL) g,"
      " (SELECT size FROM queue WHERE queue_id IN ({1}, {4})) q",
      target.queueId, target.hostQueueId, target.guestId, target.hostId, target.guestQueueId);
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t empty = evidence.integer("empty_fetches");
  if (!target.queue.starts_with("rx") || evidence.integer("vhost") != 1 || empty < kSmallestSample ||
      evidence.real("empty_percent") < kOften)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = "warning";
  verdict.confidence = "high";
  verdict.sample = evidence.integer("fetches");
  verdict.title = fmt::format("{}: no receive buffer for a packet that had come, {} times for {} buffers used",
                              target.name(), empty, verdict.sample);
  verdict.why = fmt::format(
      "vhost had a packet and found the ring empty. It then waits for a doorbell of the guest, and what comes "
      "meanwhile "
      "queues up in the tap device or is dropped.{}",
      evidence.integer("size") > 0 ? fmt::format(" The ring has {} entries.", evidence.integer("size")) : "");
  if (evidence.integer("buffers") > 0)
    verdict.why += fmt::format(" {} of {} buffers were used the moment they were posted.", evidence.integer("late"),
                               evidence.integer("buffers"));
  verdict.change = fmt::format(
      "More buffers: QEMU '-device {},rx_queue_size=1024', libvirt \"<driver rx_queue_size='1024'/>\". More CPUs that "
      "refill: more queues ('queues=N', 'mq=on', in the guest 'ethtool -L <interface> combined N'), and no other load "
      "on "
      "the virtual CPU that takes the interrupt of this queue.",
      qemuModel(target));
  verdict.cost = "A deeper ring takes guest memory and lets packets get older before they are dropped.";
  verdict.howToCheck =
      "'tc -s qdisc show dev <tap>' and 'ip -s link show <tap>' count no drops while it happens, or the empty fetches "
      "stay with a larger ring: then the guest's refill is too slow, not its stock too small.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (!target.queue.starts_with("rx") || (evidence.known("vhost") && evidence.integer("vhost") == 0)) return "";
  return firstOf({lacksHost(target), lacksSample(evidence.integer("fetches"), "fetches")});
}

}  // namespace

const Rule kReceiveStarved{"receive-starved", Rule::Subject::Queue, query, judge, lacks};

}  // namespace descry
