// SPDX-License-Identifier: GPL-2.0-or-later
// A doorbell that did not reach the device, or an interrupt that did not reach the driver: the chain waits in the ring
// until something else makes the other side look. Both sides together show which of the two; the guest alone shows that
// one was lost where a chain comes back with the next doorbell; the host alone cannot tell it from an idle guest. A
// wait counts from 100 ms on and from 100 times the median of the queue, because neither side works on the chain
// meanwhile; the worker was not busy with older chains, and the machine went on (analyzer/run/stuck_candidate.cpp).
// Transmit buffers are no case of it: their driver looks when it transmits again.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"
#include "analyzer/finding/standstill.hpp"

namespace descry {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::string eventIdx(const Evidence& evidence) {
  if (!evidence.known("event_idx")) return " Whether VIRTIO_F_EVENT_IDX is in force was not recorded.";
  return evidence.integer("event_idx") == 1
             ? " VIRTIO_F_EVENT_IDX is in force: each side writes into the ring from which entry on it wants to be told."
             : " VIRTIO_F_EVENT_IDX is not in force: each side has one flag that says whether it wants to be told.";
}

std::string doorbellText(bool suppressed) {
  return suppressed
             ? " The driver rang no doorbell because the ring said that the device needs none: the device went to "
               "sleep without asking for one, or the driver read an old value."
             : " The driver rang the doorbell, and it did not arrive on the host.";
}

std::string interruptText(bool sent) {
  return sent ? " The device sent the interrupt, and the guest did not take it: it was lost, masked, or went to a CPU "
                "that does not run."
              : " The device sent no interrupt: the ring said that the driver wants none, or the VMM lost it.";
}

void advise(const Target& target, bool doorbell, Verdict& verdict) {
  verdict.action = turnLine("Test other notifications", target, Knob::EventIdx, "off");
  verdict.change = "Turn VIRTIO_F_EVENT_IDX off to test it: " + turn(target, Knob::EventIdx, "off");
  verdict.change +=
      doorbell
          ? " Use other versions of the VMM and of the host's kernel. Without ioeventfd the VMM takes the doorbell "
            "itself: " +
                turn(target, Knob::Ioeventfd, "off")
          : " Use other versions of the VMM and of both kernels. Without vhost the VMM sends the interrupts itself: " +
                turn(target, Knob::Vhost, "off");
  verdict.cost = "Without VIRTIO_F_EVENT_IDX there are more doorbells and interrupts.";
  verdict.howToCheck =
      doorbell
          ? "Run 'SELECT * FROM doorbell_view' for this queue: no doorbell of the host lies between the guest's and "
            "the fetch."
          : "Run 'SELECT * FROM interrupt_view' for this queue, and compare the counts of /proc/interrupts in the "
            "guest: the interrupt is missing there too.";
}

Verdict stuckForGood(const Target& target, const Evidence& evidence) {
  const std::string stage = evidence.text("oldest_stage");
  const bool doorbell = stage == "published" || stage == "rung";
  Verdict verdict;
  verdict.severity = Severity::Critical;
  verdict.confidence = "high";
  verdict.sample = evidence.integer("stuck");
  verdict.title =
      fmt::format("{}: {}", stuckTitle(target, evidence), doorbell ? "a doorbell was lost" : "an interrupt was lost");
  verdict.why = stuckText(evidence) +
                (doorbell ? doorbellText(stage == "published") : interruptText(stage == "signalled")) +
                eventIdx(evidence);
  advise(target, doorbell, verdict);
  return verdict;
}

/// Only the guest was recorded: it does not show which of the two was lost.
Verdict cameBackUnnoticed(const Target& target, const Evidence& evidence) {
  Verdict verdict;
  const std::int64_t chains = evidence.integer("late_unnoticed"), wait = evidence.integer("late_wait_ns");
  verdict.severity = wait >= kSecond ? Severity::Critical : Severity::Warning;
  verdict.confidence = "medium";
  verdict.sample = chains;
  verdict.title = fmt::format("{}: {} for up to {} for a doorbell or an interrupt that was lost", target.name(),
                              countText(chains, "chain waited", "chains waited"), timeText(wait));
  verdict.why =
      fmt::format(
          "{} came back with the answer to the next doorbell of the queue, and nothing of the queue came back before. A device "
          "that works on a chain does not wait for a doorbell, so a notification was lost. Which of the two, only the host "
          "can tell.",
          countText(chains, "chain", "chains")) +
      eventIdx(evidence);
  advise(target, true, verdict);
  verdict.change =
      "Record the host as well: it tells whether the doorbell or the interrupt was lost. " + verdict.change;
  verdict.howToCheck =
      "Run 'SELECT * FROM stuck_chain_view WHERE notice' and look at the chains around each: 'descry explain --chain'.";
  return verdict;
}

Verdict cameBack(const Target& target, const Evidence& evidence) {
  const std::int64_t doorbells = evidence.integer("late_doorbells"), interrupts = evidence.integer("late_interrupts");
  const bool doorbell = doorbells > 0;
  Verdict verdict;
  const std::int64_t wait = evidence.integer("late_wait_ns");
  verdict.severity = wait >= kSecond ? Severity::Critical : Severity::Warning;
  verdict.confidence = "medium";
  verdict.sample = doorbells + interrupts;
  verdict.title = fmt::format("{}: {}{}{}, and the chains waited up to {}", target.name(),
                              doorbells > 0 ? countText(doorbells, "doorbell was lost", "doorbells were lost") : "",
                              doorbells > 0 && interrupts > 0 ? ", " : "",
                              interrupts > 0 ? countText(interrupts, "interrupt was lost", "interrupts were lost") : "",
                              timeText(wait));
  verdict.why = fmt::format(
      "{} waited although the other side had nothing else to do, and came back only when something else made it look.",
      countText(verdict.sample, "chain", "chains"));
  if (doorbell) verdict.why += doorbellText(false);
  if (interrupts > 0) verdict.why += interruptText(evidence.integer("late_signalled") > 0);
  verdict.why += eventIdx(evidence);
  advise(target, doorbell, verdict);
  return verdict;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  if (standstillRule(evidence) == StandstillRule::LostNotification) return stuckForGood(target, evidence);
  if (evidence.integer("late_doorbells") + evidence.integer("late_interrupts") > 0) return cameBack(target, evidence);
  if (evidence.integer("late_unnoticed") > 0) return cameBackUnnoticed(target, evidence);
  return std::nullopt;
}

}  // namespace

const Rule kLostNotification{"lost-notification", Rule::Subject::Queue,     judge,
                             lacksStandstill,     Rule::Alarm::NotReturned, true};

}  // namespace descry
