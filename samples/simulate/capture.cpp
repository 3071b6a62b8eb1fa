// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/capture.hpp"

#include <algorithm>

#include "samples/simulate/random.hpp"

namespace descry::simulate {

namespace {

const Range* rangeAt(const SideSpec& spec, Ns ns) {
  for (const Range& range : spec.losses)
    if (ns >= range.begin && ns < range.end) return &range;
  return nullptr;
}

}  // namespace

Capture::Capture(Side whichSide, const Record& record, const SideSpec& spec, std::uint64_t seed)
    : side(whichSide), clock(spec) {
  // Its own generator: what is lost must not change what happens.
  Random random(seed * 2 + (side == Side::Guest ? 0 : 1));
  const std::vector<Event>& all = record.events();
  const Ns until = spec.recordUntil < 0 ? (all.empty() ? 0 : all.back().ns) : spec.recordUntil;
  kept.assign(all.size(), false);
  std::vector<std::int64_t> lostInRange(spec.losses.size(), 0);
  for (std::size_t id = 0; id < all.size(); ++id) {
    const Event& event = all[id];
    if (event.ns < spec.recordFrom || event.ns > until) {
      m_complete = false;
      continue;
    }
    if (const Range* const range = rangeAt(spec, event.ns)) {
      ++lostInRange[static_cast<std::size_t>(range - spec.losses.data())];
      m_complete = false;
      continue;
    }
    if (random.oneIn(static_cast<std::uint64_t>(spec.dropOneIn))) {
      m_complete = false;
      continue;
    }
    kept[id] = true;
    Event& seen = events.emplace_back(event);
    seen.ns = clock.at(event.ns);
  }
  for (Ns at = spec.recordFrom; spec.heartbeat > 0 && at < until; at += spec.heartbeat) others.push_back(clock.at(at));
  for (std::size_t index = 0; index < spec.losses.size(); ++index) {
    if (lostInRange[index] == 0) continue;
    const Range& range = spec.losses[index];
    losses.push_back(
        {clock.at(range.begin), clock.at(range.end), lostInRange[index], "discarded", "the tracer's buffer was full"});
  }
  if (spec.truncated && !events.empty())
    losses.push_back({events.back().ns, events.back().ns, -1, "truncated", "the file breaks off"});
  std::sort(losses.begin(), losses.end(), [](const LossRange& a, const LossRange& b) { return a.begin < b.begin; });
}

}  // namespace descry::simulate
