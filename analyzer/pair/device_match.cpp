// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/device_match.hpp"

#include <algorithm>

namespace descry {

namespace {

bool isOrdered(const GuestSequence& guest, const HostSequence& host) {
  return (guest.counted && guest.anchor == "order") || (host.counted && host.anchor == "order");
}

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

void tryRun(DeviceMatch& match, const Candidate& candidate, const CaptureSpans& spans,
            const std::optional<OffsetWindow>& known) {
  const AlignmentSearch search = searchAlignment(*candidate.guest, *candidate.host, spans, known);
  if (!search.best) {
    if (search.exhausted)
      match.refusal = "the traffic is too regular: too many alignments fit";
    else if (search.candidates > 1)
      match.refusal = std::to_string(search.candidates) + " alignments fit causality; none is better than the others";
    return;
  }
  DeviceMatch::Run run{candidate.guest, candidate.host, *search.best, search.candidates,
                       isOrdered(*candidate.guest, *candidate.host)};
  for (const DeviceMatch::Run& other : match.runs)
    if (overlaps(run, other)) return;
  match.chains += run.alignment.chains;
  match.runs.push_back(std::move(run));
}

}  // namespace

DeviceMatch matchDevices(std::int64_t guestDevice, const DeviceSequences<GuestSequence>& guest, std::int64_t hostDevice,
                         const DeviceSequences<HostSequence>& host, const CaptureSpans& spans,
                         const std::optional<OffsetWindow>& known) {
  DeviceMatch match;
  match.guestDevice = guestDevice;
  match.hostDevice = hostDevice;
  std::vector<Candidate> candidates;
  for (const auto& [index, guestSequences] : guest) {
    const auto hostSequences = host.find(index);
    if (hostSequences == host.end()) continue;
    for (const GuestSequence& g : guestSequences)
      for (const HostSequence& h : hostSequences->second) candidates.push_back({&g, &h});
  }
  // Known positions first, long runs first: they fix the clock, and the clock decides the rest.
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    const bool orderedA = isOrdered(*a.guest, *a.host), orderedB = isOrdered(*b.guest, *b.host);
    if (orderedA != orderedB) return orderedB;
    return std::min(a.guest->keys.size(), a.host->keys.size()) > std::min(b.guest->keys.size(), b.host->keys.size());
  });
  std::optional<OffsetWindow> window = known;
  for (const Candidate& candidate : candidates) {
    const std::size_t before = match.runs.size();
    tryRun(match, candidate, spans, window);
    if (match.runs.size() > before && !window && match.runs.back().alignment.breaks == 0)
      window = match.runs.back().alignment.window;
  }
  match.window = window;
  return match;
}

}  // namespace descry
