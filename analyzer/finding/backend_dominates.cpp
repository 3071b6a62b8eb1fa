// SPDX-License-Identifier: GPL-2.0-or-later
// Most of the latency is the device's own work: it is not virtio, and the place to look is behind it.
#include <fmt/format.h>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kMost = 50;  // percent of the latency

std::string query(const Target& target) {
  return fmt::format("SELECT chains, latency_ns, backend_ns, backend_percent FROM {}", causeTable(target, "backend"));
}

std::string whereNext(const Target& target) {
  if (target.kind == "net")
    return "Look at the host's network: 'tc -s qdisc show dev <tap>', 'ethtool -S' of the interface behind the bridge, "
           "and "
           "what firewall or bridge does with a packet ('perf trace -e net:*').";
  if (target.kind == "blk" || target.kind == "scsi")
    return "Look at the host's storage: 'iostat -x 1' and 'blktrace' for the device behind the image, 'aio=io_uring' "
           "or "
           "'aio=native,cache=none' for the drive, and an iothread of its own ('-object iothread,id=io0').";
  return "Look at the process that serves the device: 'perf record -g -p <pid>' on the host.";
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const double percent = evidence.real("backend_percent");
  if (evidence.integer("chains") < kSmallestSample || percent < kMost) return std::nullopt;
  Verdict verdict;
  verdict.severity = "info";
  verdict.confidence = "high";
  verdict.sample = evidence.integer("chains");
  verdict.title =
      fmt::format("{}: the backend takes {:.1f} % of the latency: it is not virtio", target.device, percent);
  verdict.why =
      fmt::format("Between fetching a chain and having its result the device spends {} on average over {} chains.",
                  duration(evidence.integer("backend_ns") / verdict.sample), verdict.sample);
  verdict.change = whereNext(target);
  verdict.cost = "cache=none makes the guest's flushes matter; an iothread is one more busy CPU on the host.";
  verdict.howToCheck = "The same load on the host itself, without a guest, is much faster.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksSample(evidence.integer("chains"), "complete chains")});
}

}  // namespace

const Rule kBackendDominates{"backend-dominates", Rule::Subject::Device, query, judge, lacks};

}  // namespace descry
