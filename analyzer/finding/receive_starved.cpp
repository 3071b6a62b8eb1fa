// SPDX-License-Identifier: GPL-2.0-or-later
// Packets come and the guest has posted no buffer for them. vhost looks into a receive ring only when it has a packet,
// so each time it finds the ring empty one is waiting (or is dropped once the socket's queue is full).
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kOften = 2;  // percent of the chains

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t empty = evidence.integer("empty_fetches");
  if (!target.queue.starts_with("rx") || evidence.integer("vhost") != 1 || empty < kSmallestSample ||
      evidence.real("empty_percent") < kOften)
    return std::nullopt;
  Verdict verdict;
  verdict.severity = Severity::Warning;
  verdict.confidence = "high";
  verdict.sample = evidence.integer("fetches");
  verdict.title = fmt::format("{}: {} times a packet found no receive buffer ({} buffers were used)", target.name(),
                              countText(empty), countText(verdict.sample));
  verdict.why = fmt::format(
      "vhost had a packet and found the ring empty. It then waits for a doorbell of the guest; until then packets "
      "queue up in the tap device or are dropped.{}",
      evidence.integer("size") > 0 ? fmt::format(" The ring has {} entries.", evidence.integer("size")) : "");
  if (evidence.integer("buffers") > 0)
    verdict.why += fmt::format(" {} of {} buffers were used as soon as they were posted.",
                               countText(evidence.integer("late")), countText(evidence.integer("buffers")));
  verdict.change = "Use more buffers: " + turn(target, Knob::RxRingSize, "1024");
  if (target.machine.guest != "Linux") verdict.change += " In the guest: " + turn(target, Knob::RxBuffers);
  verdict.change += " Let more CPUs refill, with more queues: " + turn(target, Knob::Queues, "N") +
                    " In the guest: " + turn(target, Knob::GuestQueues) +
                    " Keep other load off the virtual CPU that takes the interrupt of this queue.";
  verdict.action = turnLine("Use more buffers", target, Knob::RxRingSize, "1024");
  verdict.cost = "A larger ring takes guest memory, and packets can get older before they are dropped.";
  verdict.howToCheck =
      "Run 'tc -s qdisc show dev <tap>' and 'ip -s link show <tap>' while it happens: they must count drops. If the "
      "empty fetches stay with a larger ring, the guest refills too slowly and more buffers do not help.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  if (!target.queue.starts_with("rx") || (evidence.known("vhost") && evidence.integer("vhost") == 0)) return "";
  return firstOf({lacksHost(target), lacksSample(evidence.integer("fetches"), "fetches")});
}

}  // namespace

const Rule kReceiveStarved{"receive-starved", Rule::Subject::Queue, judge, lacks};

}  // namespace descry
