// SPDX-License-Identifier: GPL-2.0-or-later
// Most of the latency is the device's own work: it is not virtio, and the place to look is behind it.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kMost = 50;  // percent of the latency

std::string whereNext(const Target& target) {
  if (target.kind == "net")
    return "Look at the host's network: 'tc -s qdisc show dev <tap>', 'ethtool -S' for the interface behind the "
           "bridge, and what the firewall or the bridge does with a packet ('perf trace -e net:*').";
  if (target.kind == "blk" || target.kind == "scsi")
    return "Look at the host's storage: run 'iostat -x 1' and 'blktrace' for the device behind the image. Try "
           "another kind of asynchronous I/O or cache mode (QEMU 'aio=io_uring' or 'aio=native,cache=none' for the "
           "drive), and give the device a thread of its own: " +
           turn(target, Knob::IoThread);
  return "Look at the process that serves the device: 'perf record -g -p <pid>' on the host.";
}

std::string whereFirst(const Target& target) {
  if (target.kind == "net") return "Look at the host's network: tc -s qdisc show dev <tap>";
  if (target.kind == "blk" || target.kind == "scsi") return "Look at the host's storage: iostat -x 1";
  return "Look at the process that serves the device: perf record -g -p <pid>";
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const double part = evidence.real("backend_percent");
  if (evidence.integer("chains") < kSmallestSample || part < kMost) return std::nullopt;
  Verdict verdict;
  verdict.severity = Severity::Info;
  verdict.confidence = "high";
  verdict.sample = evidence.integer("chains");
  verdict.title = fmt::format("{}: the backend takes {} of the latency, so virtio is not the problem", target.device,
                              percent(part));
  verdict.why =
      fmt::format("The device spends {} on average between fetching a chain and having its result, over {} chains.",
                  timeText(evidence.integer("backend_ns") / verdict.sample), countText(verdict.sample));
  verdict.change = whereNext(target);
  verdict.cause = Cause::Backend;
  verdict.percent = part;
  verdict.action = whereFirst(target);
  verdict.cost =
      target.kind == "net" ? "Looking costs nothing; tracing every packet slows the host down."
      : target.kind == "blk" || target.kind == "scsi"
          ? "With cache=none the guest's flushes reach the disk; an iothread is one more busy CPU on the host."
          : "Looking costs nothing.";
  verdict.howToCheck = "Run the same load on the host itself, without a guest: it must be about as slow.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksSample(evidence.integer("chains"), "complete chains")});
}

}  // namespace

const Rule kBackendDominates{"backend-dominates", Rule::Subject::Device, judge, lacks};

}  // namespace descry
