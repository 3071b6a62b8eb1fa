// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/device_match.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace descry {

namespace {

struct Candidate {
  const GuestSequence* guest;
  const HostSequence* host;
};

/// The guest positions a run covers.
std::pair<std::int64_t, std::int64_t> guestRange(const DeviceMatch::Run& run) {
  const std::int64_t shift = run.alignment.shift;
  return {std::max(run.guest->keys.front().position, run.host->keys.front().position + shift),
          std::min(run.guest->keys.back().position, run.host->keys.back().position + shift)};
}

bool overlaps(const DeviceMatch::Run& a, const DeviceMatch::Run& b) {
  if (a.host == b.host && a.guest == b.guest) return true;
  if (a.guest != b.guest) return a.host == b.host;
  const auto [firstA, lastA] = guestRange(a);
  const auto [firstB, lastB] = guestRange(b);
  return firstA <= lastB && firstB <= lastA;
}

/// The lead over other runs of the same chains that makes a run the answer.
constexpr std::int64_t kClearLead = 4;
/// Chains that a counted host queue must share with the guest's while little is known of the clocks.
constexpr std::int64_t kFewestCounted = 16;
/// Clocks that are known so well tell the firmware's chains from the driver's.
constexpr Ns kKnownNs = 1'000'000;

DeviceMatch::Run runOf(const Candidate& candidate, const AlignmentSearch& search) {
  return {candidate.guest, candidate.host, *search.best, search.candidates,
          isByOrder(*candidate.guest, *candidate.host)};
}

/// A device is the same in all its queues: chains of one queue prove nothing where more chains of others contradict.
void refuseWhatOthersRefute(DeviceMatch& match) {
  for (const DeviceMatch::Run& run : match.runs) match.refuted.erase(run.guest);
  std::int64_t refuted = 0;
  for (const auto& [guest, chains] : match.refuted) refuted += chains;
  if (refuted <= match.chains) return;
  if (match.chains > 0)
    match.refusal = fmt::format("{} chains fit, but {} chains of other queues of these devices cannot be the same",
                                match.chains, refuted);
  match.runs.clear();
  match.chains = match.doubtful = 0;
}

class RunSearch {
 public:
  RunSearch(const std::vector<Candidate>& candidates, const CaptureSpans& spans,
            const std::optional<OffsetWindow>& known)
      : m_candidates(candidates), m_spans(spans), m_known(known) {}

  /// Adds the run of a candidate to the match, or says why not. `window` is what the runs before say about the clock.
  void tryRun(DeviceMatch& match, const Candidate& candidate, const std::optional<OffsetWindow>& window) const {
    const AlignmentSearch search = searchAlignment(*candidate.guest, *candidate.host, m_spans, window);
    if (!search.best) {
      if (search.candidates == 0) {
        std::int64_t& refuted = match.refuted[candidate.guest];
        refuted = std::max(refuted, search.refuted);
      }
      if (search.exhausted)
        match.refusal = "the traffic is too regular: too many alignments fit";
      else if (search.candidates > 1)
        match.refusal = fmt::format("{} alignments fit causality; none is better than the others", search.candidates);
      return;
    }
    DeviceMatch::Run run = runOf(candidate, search);
    for (const DeviceMatch::Run& other : match.runs)
      if (overlaps(run, other)) return;
    // QEMU's pops are counted, and the firmware's look like the driver's.
    const bool known = window && window->high - window->low <= kKnownNs;
    const bool few = run.alignment.chains < kFewestCounted;
    const bool unsure = few || (!run.byOrder && mayBeOthers(candidate, run.alignment));
    if (run.host->counted && !known && unsure) {
      match.doubtful += run.alignment.chains;
      match.refusal =
          fmt::format("only {} chains overlap, too few to tell the driver's from the firmware's", run.alignment.chains);
      if (!few)
        match.refusal = fmt::format(
            "the {} chains that overlap fit causality elsewhere too: they may be the firmware's", run.alignment.chains);
      return;
    }
    if (hasRival(candidate, run)) {
      match.refusal = "2 alignments fit causality: the ring was set up anew, and its chains fit before and after that";
      return;
    }
    match.chains += run.alignment.chains;
    match.runs.push_back(std::move(run));
  }

 private:
  /// Only the count of the pops says which chains these are, and it may have begun anew: the reset between the
  /// firmware's chains and the driver's may be among what was lost.
  bool mayBeOthers(const Candidate& candidate, const Alignment& found) const {
    if (!found.bounded || (!m_spans.complete && found.slides())) return true;
    if (!candidate.host->cut || found.chains >= 2 * kFewestCounted) return false;
    for (const std::int64_t step : {-1, 1}) {
      const Alignment other = align(*candidate.guest, *candidate.host, found.shift + step, 0, m_spans);
      if (other.breaks == 0 && other.mismatches == 0 && other.chains * 2 >= found.chains) return true;
    }
    return false;
  }

  /// Another epoch of the ring that could hold the same chains.
  bool hasRival(const Candidate& candidate, const DeviceMatch::Run& run) const {
    for (const Candidate& other : m_candidates) {
      if ((other.guest == candidate.guest) == (other.host == candidate.host)) continue;
      const AlignmentSearch search = searchAlignment(*other.guest, *other.host, m_spans, m_known);
      if (search.best && search.best->chains * kClearLead > run.alignment.chains && overlaps(run, runOf(other, search)))
        return true;
    }
    return false;
  }

  const std::vector<Candidate>& m_candidates;
  const CaptureSpans& m_spans;
  const std::optional<OffsetWindow>& m_known;
};

}  // namespace

DeviceMatch matchDevices(DeviceId guestDevice, const DeviceSequences<GuestSequence>& guest, DeviceId hostDevice,
                         const DeviceSequences<HostSequence>& host, const HostPlace& place, const CaptureSpans& spans,
                         const std::optional<OffsetWindow>& known) {
  DeviceMatch match;
  match.guestDevice = guestDevice;
  match.hostDevice = hostDevice;
  match.place = place;
  std::vector<Candidate> candidates;
  for (const std::int64_t index : place.queues) {
    const auto guestSequences = guest.find(index);
    const auto hostSequences = host.find(index - place.firstQueue);
    if (guestSequences == guest.end() || hostSequences == host.end()) continue;
    for (const GuestSequence& g : guestSequences->second)
      for (const HostSequence& h : hostSequences->second) candidates.push_back({&g, &h});
  }
  // Known positions first, long runs first: they fix the clock, and the clock decides the rest.
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    const bool orderedA = isByOrder(*a.guest, *a.host), orderedB = isByOrder(*b.guest, *b.host);
    if (orderedA != orderedB) return orderedB;
    return std::min(a.guest->keys.size(), a.host->keys.size()) > std::min(b.guest->keys.size(), b.host->keys.size());
  });
  const RunSearch search(candidates, spans, known);
  std::optional<OffsetWindow> window = known;
  const auto tryAll = [&] {
    match.refusal.clear();
    match.refuted.clear();
    match.doubtful = 0;
    for (const Candidate& candidate : candidates) {
      const std::size_t before = match.runs.size();
      search.tryRun(match, candidate, window);
      if (match.runs.size() > before && !window && match.runs.back().alignment.breaks == 0)
        window = match.runs.back().alignment.window;
    }
  };
  tryAll();
  // A later queue has told the clocks apart: that may decide what was refused before it.
  if (!known && window) tryAll();
  match.window = window;
  refuseWhatOthersRefute(match);
  return match;
}

}  // namespace descry
