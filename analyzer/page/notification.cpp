// SPDX-License-Identifier: GPL-2.0-or-later
// Notification, opened up: its parts by queue.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyzer/page/cells.hpp"
#include "analyzer/page/names.hpp"
#include "analyzer/page/phases.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

constexpr double kWorthOpening = 0.01;  // of the queue's latency

struct PartInfo {
  std::string_view part, means, rule;  ///< "-": a point between was not seen, so no rule tells them apart
};

constexpr std::array kParts = {
    PartInfo{"exit", "doorbell on its way to the host", "slow-doorbell"},
    PartInfo{"exit: to KVM", "until the virtual CPU leaves the guest (crosses the clocks)", "slow-doorbell"},
    PartInfo{"exit: in KVM", "KVM finds the device and calls it", "slow-doorbell"},
    PartInfo{"exit: no CPU", "the virtual CPU has no host CPU", "slow-doorbell"},
    PartInfo{"exit+wakeup", "doorbell until the thread serves the queue", "-"},
    PartInfo{"wakeup", "until the thread serves the queue", "slow-wakeup"},
    PartInfo{"wakeup: asleep", "the worker is not woken yet", "slow-wakeup"},
    PartInfo{"wakeup: runnable", "the worker has no CPU", "slow-wakeup"},
    PartInfo{"wakeup: running", "the worker does something else", "slow-wakeup"},
    PartInfo{"signal", "used entry until the signal", "interrupt-coalescing"},
    PartInfo{"signal+inject", "used entry until the interrupt", "-"},
    PartInfo{"inject", "signal on its way to the guest", "slow-interrupt"},
    PartInfo{"inject: delivery", "KVM accepts it for a virtual CPU", "slow-interrupt"},
    PartInfo{"inject: halted", "the virtual CPU sleeps, not woken yet", "slow-interrupt"},
    PartInfo{"inject: polling", "the virtual CPU is halted and polls", "slow-interrupt"},
    PartInfo{"inject: no CPU", "the virtual CPU has no host CPU", "slow-interrupt"},
    PartInfo{"inject: in KVM", "the virtual CPU is busy in KVM", "slow-interrupt"},
    PartInfo{"inject: in VMM", "the virtual CPU is busy in the VMM", "slow-interrupt"},
    PartInfo{"inject: not interruptible", "the guest runs with interrupts off", "slow-interrupt"},
    PartInfo{"inject: to handler", "from the injection to the driver (crosses the clocks)", "slow-interrupt"},
};

const PartInfo* infoOf(std::string_view part) {
  const auto found =
      std::find_if(kParts.begin(), kParts.end(), [&](const PartInfo& info) { return info.part == part; });
  return found == kParts.end() ? nullptr : &*found;
}

bool isOpened(const LevelSummary& queue) {
  return queue.share(queue.cause(Cause::Notification).total) >= kWorthOpening;
}

std::vector<Cell> rowOf(const Summary& summary, const LevelSummary& queue, const NotificationPart& part) {
  const std::string from =
      fmt::format("FROM notification_view WHERE queue_id={} AND part={}", queue.queueId, sqlText(part.part));
  const PartInfo* const info = infoOf(part.part);
  return {textCell(levelText(summary, queue)),
          textCell(part.part),
          countCell(part.chains, "SELECT chains " + from),
          timeCell(part.total, "SELECT total_ns " + from),
          shareCell(queue.share(part.total),
                    fmt::format("SELECT round(1.0 * total_ns / (SELECT total_ns FROM cause_view WHERE queue_id={} AND "
                                "cause='latency'), 6) {}",
                                queue.queueId, from)),
          textCell(info != nullptr ? std::string(info->means) : ""),
          textCell(info != nullptr ? std::string(info->rule) : "")};
}

}  // namespace

Table notificationTable(const Summary& summary) {
  using Align = Column::Align;
  Table table{"Notification by queue: its parts add up to it", {}, {}};
  table.columns = {{"queue", Align::Left, 14, 24},
                   {"part", Align::Left, 16, 0, 1},
                   {"chains", Align::Right, 9, 0, 0, Media::Marked},
                   {"total", Align::Right, 9},
                   {"latency", Align::Right, 8},
                   {"what it is", Align::Left, 0, 0, 1, Media::Marked},
                   {"judged by", Align::Left, 0, 0, 1}};
  for (const LevelSummary& queue : summary.queues)
    if (isOpened(queue))
      for (const NotificationPart& part : queue.notification) table.rows.push_back(rowOf(summary, queue, part));
  table.sql = "SELECT * FROM notification_view ORDER BY queue_id, rank;";
  return table;
}

Sentences notificationLimits(const Summary& summary) {
  Sentences limits{Sentences::Style::Plain, {}};
  const auto any = [&](auto&& holds) {
    return std::any_of(summary.queues.begin(), summary.queues.end(), [&](const LevelSummary& queue) {
      return isOpened(queue) && std::any_of(queue.notification.begin(), queue.notification.end(),
                                            [&](const NotificationPart& part) { return holds(part.part); });
    });
  };
  if (!any([](const std::string&) { return true; })) return limits;
  if (any([](const std::string& part) { return part == "wakeup"; }))
    limits.items.push_back({"Not recorded: ",
                            "whether the thread had a CPU in its wake-up. For vhost, record its scheduling too: "
                            "trace-cmd record -e sched:sched_switch -e sched:sched_wakeup ...",
                            {},
                            Ink::Plain});
  if (any([](const std::string& part) { return part.starts_with("exit: ") || part.starts_with("inject: "); }))
    return limits;
  const bool emulated = std::any_of(summary.machineFacts.begin(), summary.machineFacts.end(),
                                    [](const FactRow& fact) { return fact.name == "kvm" && fact.value == "off"; });
  limits.items.push_back(
      {"Not recorded: ",
       emulated ? "exits of the virtual CPUs and halt polling. This guest runs without KVM (TCG), so there are none."
                : "exits of the virtual CPUs, halt polling, and when they ran. A recording of the host with 'descry "
                  "record --kvm on' has them",
       {},
       Ink::Plain});
  return limits;
}

}  // namespace descry
