// SPDX-License-Identifier: GPL-2.0-or-later
// Translation misses that cost latency, and their kind: ring metadata, the first time a page is seen, the
// same page again after it was unmapped, again without that (the table is too small), or a request that was only
// repeated before its answer came.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "analyzer/finding/phrases.hpp"
#include "analyzer/finding/rules.hpp"

namespace descry {

namespace {

constexpr double kWorthNaming = 5, kMost = 50;  // percent of the latency
constexpr std::int64_t kPage = 4096, kVhostEntries = 2048;

/// The column of the commonest kind, the first of equals.
std::string_view commonest(const Evidence& evidence) {
  constexpr std::array<std::string_view, 5> kKinds = {"echoed", "metadata", "invalidated", "evicted", "cold"};
  return *std::max_element(kKinds.begin(), kKinds.end(), [&](std::string_view a, std::string_view b) {
    return evidence.integer(a) < evidence.integer(b);
  });
}

constexpr const char* kFewerPages = "Use fewer pages: back the guest with huge pages (-mem-path /dev/hugepages)";

struct Kind {
  std::string name, change, action;
};

constexpr const char* kSmaller =
    "Reduce the number of pages in use: back the guest with huge pages, and let its drivers keep their buffers mapped "
    "(static pools, larger buffers).";

Kind invalidated(const Evidence& evidence) {
  if (evidence.text("iommu_group_type") == "DMA-FQ")
    return {"on pages unmapped since their last use (lazily)",
            "Unmapping is already lazy. If the guest trusts the device, boot it with 'iommu=pt' (identity). " +
                std::string(kSmaller),
            "If the guest trusts the device, boot it with iommu=pt"};
  const bool strict = evidence.text("iommu_group_type") == "DMA";
  return {strict ? "on pages unmapped since their last use (strictly)" : "on pages unmapped since their last use",
          "Stop mapping and unmapping per request: boot the guest with 'iommu.strict=0' (lazy) or, if it trusts the "
          "device, with 'iommu=pt' (identity). " +
              std::string(kSmaller),
          "Boot the guest with iommu.strict=0, or if it trusts the device iommu=pt"};
}

Kind evicted(const Evidence& evidence) {
  Kind kind{"on pages that fell out of the table while still mapped", kSmaller, kFewerPages};
  if (evidence.text("translation") == wordOf(Translation::Viommu)) return kind;
  const auto needed = static_cast<std::uint64_t>(std::max<std::int64_t>(2 * evidence.integer("pages"), 1));
  const std::uint64_t entries = std::max<std::uint64_t>(std::bit_ceil(needed), 2 * kVhostEntries);
  kind.action = fmt::format("Enlarge vhost's table: modprobe vhost max_iotlb_entries={}", entries);
  kind.change = fmt::format(
      "The table is too small for the pages in use: make vhost's table twice as large ('modprobe vhost "
      "max_iotlb_entries={}'; the default is {}). {}",
      entries, kVhostEntries, kSmaller);
  return kind;
}

Kind kindOf(const Evidence& evidence) {
  const std::string_view why = commonest(evidence);
  if (why == "metadata")
    return {"on the rings themselves",
            "Each update of the table makes vhost look up its rings again: fewer updates mean fewer of these misses. " +
                std::string(kSmaller),
            kFewerPages};
  if (why == "echoed")
    return {"repeated before the answer came", "The answers are slow: see slow-miss-answer. " + std::string(kSmaller),
            "Do what slow-miss-answer says"};
  if (why == "invalidated") return invalidated(evidence);
  if (why == "evicted") return evicted(evidence);
  return {"on pages used for the first time", kSmaller, kFewerPages};
}

/// How far the table reaches, against what was used of it.
std::string reach(const Evidence& evidence) {
  const std::int64_t granted = evidence.integer("granted_bytes"), pages = evidence.integer("pages");
  if (granted <= 0) return "";
  std::string text = fmt::format(" {} pages of {} bytes were used ({}); an update covers at most {}", countText(pages),
                                 kPage, bytesText(pages * kPage), bytesText(granted));
  if (evidence.text("translation") == wordOf(Translation::DeviceIotlb) && granted < (std::int64_t{1} << 40))
    text += fmt::format(", so a table of {} entries (vhost's default) reaches {}", kVhostEntries,
                        bytesText(kVhostEntries * granted));
  text += '.';
  if (evidence.known("entries_at_most"))
    text += fmt::format(" A page was gone {} after its own: the table holds no more entries than that.",
                        countText(evidence.integer("entries_at_most"), "update", "updates"));
  return text;
}

std::string reasons(const Evidence& evidence) {
  const std::int64_t induced = evidence.integer("induced_ns"), total = evidence.integer("iotlb_ns");
  std::string text = fmt::format(
      "Misses by kind: {} on ring metadata, {} on a page used for the first time, {} on a page that was unmapped since "
      "its last use ({}), {} on a page that fell out of the table, {} of an unanswered request. A miss stops the whole "
      "queue: of {} in all, chains spent {} waiting for the stalls of other chains and {} in stalls of their own.",
      countText(evidence.integer("metadata")), countText(evidence.integer("cold")),
      countText(evidence.integer("invalidated")),
      countText(evidence.integer("invalidations"), "invalidation", "invalidations"),
      countText(evidence.integer("evicted")), countText(evidence.integer("echoed"), "repetition", "repetitions"),
      timeText(total), timeText(induced), timeText(total - induced));
  text += reach(evidence);
  if (evidence.text("translation") == wordOf(Translation::Viommu))
    text += " The VMM emulates the IOMMU, so each miss is a walk through the guest's page tables.";
  return text;
}

struct Alternative {
  std::string what;
  double gain = 0;  ///< percent of the mean latency, at most
};

/// What else could be done, the best first. A replay without any miss is the most that can be gained; an alternative
/// gets of it the part of the misses that it takes away. Misses on ring metadata and repeated ones follow the others.
std::vector<Alternative> alternatives(const Target& target, const Evidence& evidence) {
  const double cold = evidence.real("cold"), invalidated = evidence.real("invalidated"),
               evicted = evidence.real("evicted");
  const double misses = cold + invalidated + evicted;
  if (misses == 0) return {};
  const double most = evidence.known("predicted_gain_percent") ? evidence.real("predicted_gain_percent")
                                                               : evidence.real("iotlb_percent");
  const bool viommu = evidence.text("translation") == wordOf(Translation::Viommu);
  const bool mapsPages = viommu || evidence.text("iommu_group_type").starts_with("DMA");
  std::vector<Alternative> all;
  if (mapsPages) all.push_back({turn(target, Knob::Passthrough) + " The guest must trust the device.", most});
  if (target.kind == "net" && isPossible(target.machine, target.advised(), Knob::Vhost, "off"))
    all.push_back(
        {turn(target, Knob::Vhost, "off") + " The slower path of the VMM then takes a part of it back.", most});
  if (evidence.text("iommu_group_type") == "DMA")
    all.push_back({turn(target, Knob::LazyUnmap), most * invalidated / misses});
  if (!viommu) {
    all.push_back({"A larger table (max_iotlb_entries).", most * evicted / misses});
    // With huge pages, one miss serves all pages of one.
    const double left = evidence.real("huge_pages") / std::max(evidence.real("pages"), 1.0);
    all.push_back({turn(target, Knob::HugePages), most * (cold + evicted) / misses * (1 - left)});
  }
  std::stable_sort(all.begin(), all.end(), [](const Alternative& a, const Alternative& b) { return a.gain > b.gain; });
  std::erase_if(all, [](const Alternative& alternative) { return alternative.gain < 1; });
  return all;
}

std::string ranked(const Target& target, const Evidence& evidence) {
  const auto all = alternatives(target, evidence);
  if (all.size() < 2) return "";
  std::string text = " By predicted gain of the mean latency, at most:";
  for (std::size_t i = 0; i < all.size(); ++i)
    text += fmt::format(" ({}) {}: {}", i + 1, percent(all[i].gain), all[i].what);
  return text;
}

std::optional<Verdict> judge(const Target& target, const Evidence& evidence) {
  const std::int64_t misses = evidence.integer("misses");
  const double part = evidence.real("iotlb_percent");
  if (misses < kSmallestSample || evidence.integer("chains") < kSmallestSample || part < kWorthNaming)
    return std::nullopt;
  const Kind kind = kindOf(evidence);
  Verdict verdict;
  verdict.severity = part >= kMost ? Severity::Critical : Severity::Warning;
  verdict.confidence = "medium";
  verdict.sample = misses;
  verdict.title = fmt::format("{}: translation takes {} of the latency: {} misses, mostly {}", target.device,
                              percent(part), countText(misses), kind.name);
  verdict.why = reasons(evidence);
  verdict.prediction = predictedGain(evidence, "misses");
  const bool iommuInUse = evidence.text("iommu_group_type").starts_with("DMA") ||
                          evidence.text("translation") == wordOf(Translation::Viommu);
  verdict.change =
      (iommuInUse ? "" : "If needless-translation is found too, do what it says: it removes these misses. ") +
      kind.change;
  verdict.change += ranked(target, evidence);
  if (2 * evidence.integer("induced_ns") > evidence.integer("iotlb_ns"))
    verdict.change +=
        " Most of this time is waiting for other chains: with more queues, a miss holds up fewer of them.";
  verdict.cause = Cause::Iotlb;
  verdict.percent = part;
  verdict.action = iommuInUse ? kind.action : "Do what needless-translation says, or use huge pages";
  verdict.cost =
      "With lazy unmapping the device can access a page for some milliseconds after its use; with identity mappings it "
      "can access all of the guest's memory. A larger table takes host kernel memory per device.";
  verdict.howToCheck = "Make the change and record again: misses per chain must drop, and the latency with them.";
  return verdict;
}

std::string lacks(const Target& target, const Evidence& evidence) {
  return firstOf({lacksHost(target), lacksSample(evidence.integer("chains"), "complete chains")});
}

}  // namespace

const Rule kIotlbMisses{"iotlb-misses", Rule::Subject::Device, judge, lacks};

}  // namespace descry
