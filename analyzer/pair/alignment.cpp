// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/alignment.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <tuple>

#include "analyzer/clock/clock_model.hpp"

namespace descry {

namespace {

constexpr std::int64_t kIndexRange = 65536;
constexpr std::int64_t kMostIndexTurns = 64;
/// Clock steps in one run of a queue.
constexpr std::int64_t kMostBreaks = 3;
/// Bound on the work of one search, in chains looked at; more means that nothing tells the shifts apart.
constexpr std::int64_t kMostWork = 40'000'000;
/// Within such a span drift cannot hide a wrong alignment.
constexpr Ns kWindowNs = 20'000'000;
/// A driver that gets interrupts has mostly read a used entry after this time, even where it is emulated.
constexpr Ns kPatienceNs = 100'000'000;
/// By so much the wrong used entries are older than the right ones when they are read.
constexpr Ns kFarLonger = 8;
/// A clock that is known so well can say what was used and not read.
constexpr Ns kNarrowNs = 5'000'000;
/// A clock that is set jumps by more, and so does one of a machine that is paused.
constexpr Ns kSmallestStepNs = 10'000'000;
/// Counted positions have nothing but causality. A smaller contradiction is a wrong half only where so many chains
/// agree.
constexpr std::int64_t kChainsPerSmallBreak = 256;

/// How far two clocks can drift apart over a span.
Ns slack(Ns span) {
  return static_cast<Ns>(static_cast<double>(std::abs(span)) * ClockSegment::kMaxDrift) + 1;
}

/// The tightest bounds seen so far, and whether they contradict each other.
class Bounds {
 public:
  void low(Ns offset, Ns host) {
    if (!m_hasLow || offset > m_window.low) {
      m_window.low = offset;
      m_window.lowAt = host;
      m_hasLow = true;
    }
  }
  void high(Ns offset, Ns host) {
    if (!m_hasHigh || offset < m_window.high) {
      m_window.high = offset;
      m_window.highAt = host;
      m_hasHigh = true;
    }
  }
  /// By how much they contradict each other; 0 or less: they do not.
  Ns contradiction() const {
    if (!m_hasLow || !m_hasHigh) return 0;
    return m_window.low - m_window.high - slack(m_window.lowAt - m_window.highAt);
  }
  bool bounded() const { return m_hasLow && m_hasHigh; }
  OffsetWindow window() const {
    OffsetWindow result = m_window;
    // One side only: as good as unbounded, but finite so that it can be compared.
    constexpr Ns kUnbounded = Ns{1} << 61;
    if (!m_hasLow) result.low = -kUnbounded;
    if (!m_hasHigh) result.high = kUnbounded;
    return result;
  }

 private:
  OffsetWindow m_window;
  bool m_hasLow = false, m_hasHigh = false;
};

bool differs(std::int64_t a, std::int64_t b) {
  return seen(a) && seen(b) && a != b;
}

/// The guest counts scatter lists and the host segments, so only presence can be compared.
bool signatureDiffers(const GuestKey& guest, const HostKey& host) {
  if (differs(guest.head, host.head) || differs(guest.length, host.length)) return true;
  if (seen(guest.out) && seen(host.out) && (guest.out > 0) != (host.out > 0)) return true;
  return seen(guest.in) && seen(host.in) && (guest.in > 0) != (host.in > 0);
}

/// Chains beyond the matched range that both captures should have seen, judged by the offset the match implies.
std::int64_t countUnexplained(const GuestSequence& guest, const HostSequence& host, std::int64_t shift,
                              const OffsetWindow& window, const CaptureSpans& spans) {
  if (!spans.complete || window.high - window.low > (Ns{1} << 60)) return 0;
  const Ns low = std::min(window.low, window.high), high = std::max(window.low, window.high);
  const std::int64_t hostFirst = host.keys.front().position + shift, hostLast = host.keys.back().position + shift;
  const std::int64_t guestFirst = guest.keys.front().position, guestLast = guest.keys.back().position;
  std::int64_t count = 0;
  for (const GuestKey& key : guest.keys) {
    if (key.position >= hostFirst && (key.position <= hostLast || host.partial)) continue;
    // A guest chain that came back was fetched and used while the host recorded.
    if (seen(key.after) && key.before - high > slack(spans.hostEnd) &&
        key.after - low < spans.hostEnd - slack(spans.hostEnd))
      ++count;
  }
  for (const HostKey& key : host.keys) {
    const std::int64_t position = key.position + shift;
    if (position >= guestFirst && (position <= guestLast || guest.partial)) continue;
    // A chain that the host fetched was published before: at least one that was fetched well inside the guest's
    // recording and used inside it must have been seen there.
    const bool inside = key.fetched + low > slack(spans.hostEnd) && seen(key.used) &&
                        key.used + high < spans.guestEnd - slack(spans.hostEnd);
    if (inside && position > guestLast) ++count;
  }
  return count;
}

/// A ring that was seen to end (firmware's, before the driver's own) cannot have served what came back later.
std::int64_t countBeyondEnd(const GuestSequence& guest, const HostSequence& host, std::int64_t shift) {
  if (!host.closed || host.partial) return 0;
  const std::int64_t last = host.keys.back().position + shift;
  return std::count_if(guest.keys.begin(), guest.keys.end(),
                       [&](const GuestKey& key) { return key.position > last && seen(key.after); });
}

/// What a known clock says of a shift of posted buffers.
struct WayBack {
  std::int64_t strays = 0;  ///< used entries that the guest never read, buffers that it got back without a used entry
  Ns delay = 0;             ///< from the used entry to its reading, median
};

WayBack wayBack(const GuestSequence& guest, const HostSequence& host, std::int64_t shift, const OffsetWindow& clock,
                const CaptureSpans& spans) {
  WayBack result;
  std::vector<Ns> delays;
  auto h = host.keys.begin();
  for (const GuestKey& g : guest.keys) {
    while (h != host.keys.end() && h->position + shift < g.position) ++h;
    const bool meets = h != host.keys.end() && h->position + shift == g.position;
    if (meets && seen(h->used)) {
      const Ns used = h->used + clock.high + slack(h->used - clock.highAt);
      if (seen(g.after))
        delays.push_back(std::max<Ns>(0, g.after - h->used - clock.low));
      else
        result.strays += used + kPatienceNs < spans.guestEnd ? 1 : 0;
    }
    const bool beyond = host.partial && g.position > host.keys.back().position + shift;
    if (!meets && !beyond && seen(g.after)) {
      const Ns latest = g.after - clock.low + slack(g.after), earliest = g.after - clock.high - slack(g.after);
      result.strays += earliest > kPatienceNs && latest < spans.hostEnd ? 1 : 0;
    }
  }
  const auto middle = delays.begin() + std::ssize(delays) / 2;
  std::nth_element(delays.begin(), middle, delays.end());
  result.delay = delays.empty() ? std::numeric_limits<Ns>::max() : *middle;
  return result;
}

/// Posted in advance: nothing but their order and their way back tells such chains apart.
bool arePosted(const HostSequence& host) {
  return std::ranges::all_of(host.keys, [](const HostKey& key) { return seen(key.out) && key.out == 0; });
}

/// The shift whose chains come back soonest and leave no stray, where each of the others leaves two or more (one may be
/// a hit that a probe missed) or takes far longer.
std::optional<Alignment> bestWayBack(const std::vector<Alignment>& fits, const GuestSequence& guest,
                                     const HostSequence& host, const OffsetWindow& clock, const CaptureSpans& spans) {
  const auto work = static_cast<std::int64_t>(fits.size() * (guest.keys.size() + host.keys.size()));
  const Ns width = clock.high - clock.low;
  if (!spans.complete || width > kNarrowNs || work > kMostWork || !arePosted(host)) return std::nullopt;
  std::vector<WayBack> ways;
  for (const Alignment& fit : fits) ways.push_back(wayBack(guest, host, fit.shift, clock, spans));
  const auto best =
      std::ranges::min_element(ways, {}, [](const WayBack& way) { return std::tuple(way.strays, way.delay); });
  if (best == ways.end() || best->strays > 0 || best->delay > kPatienceNs) return std::nullopt;
  for (auto way = ways.begin(); way != ways.end(); ++way)
    if (way != best && way->strays < 2 && way->delay / kFarLonger < std::max(best->delay, width)) return std::nullopt;
  const Alignment& found = fits[static_cast<std::size_t>(best - ways.begin())];
  return found.chains >= kFewestForOrder ? std::optional(found) : std::nullopt;
}

bool breaksAreCredible(const Alignment& found, bool counted) {
  return found.breaks <= kMostBreaks && (!counted || found.smallBreaks * kChainsPerSmallBreak <= found.chains);
}

/// Positions that both sequences have.
std::int64_t countMeeting(const GuestSequence& guest, const HostSequence& host, std::int64_t shift) {
  std::int64_t count = 0;
  auto h = host.keys.begin();
  for (const GuestKey& g : guest.keys) {
    while (h != host.keys.end() && h->position + shift < g.position) ++h;
    count += h != host.keys.end() && h->position + shift == g.position ? 1 : 0;
  }
  return count;
}

std::vector<std::int64_t> candidateShifts(const GuestSequence& guest, const HostSequence& host) {
  const std::int64_t lowest = guest.keys.front().position - host.keys.back().position;
  const std::int64_t highest = guest.keys.back().position - host.keys.front().position;
  std::vector<std::int64_t> shifts;
  if (isByOrder(guest, host)) {
    for (std::int64_t shift = lowest; shift <= highest; ++shift) shifts.push_back(shift);
  } else if (guest.counted && host.counted) {
    shifts.push_back(0);
  } else {
    // Ring indices are known modulo 65536.
    for (std::int64_t turns = -kMostIndexTurns; turns <= kMostIndexTurns; ++turns)
      if (turns * kIndexRange >= lowest && turns * kIndexRange <= highest) shifts.push_back(turns * kIndexRange);
  }
  return shifts;
}

}  // namespace

bool isByOrder(const GuestSequence& guest, const HostSequence& host) {
  return (guest.counted && guest.anchor == "order") || (host.counted && host.anchor == "order");
}

bool OffsetWindow::compatible(const OffsetWindow& other) const {
  return low <= other.high + slack(lowAt - other.highAt) && other.low <= high + slack(other.lowAt - highAt);
}

Alignment align(const GuestSequence& guest, const HostSequence& host, std::int64_t shift, std::int64_t mostBreaks,
                const CaptureSpans& spans) {
  Alignment alignment;
  alignment.shift = shift;
  Bounds all, window;
  Ns windowStart = 0, firstFetched = 0;
  auto g = guest.keys.begin();
  auto h = host.keys.begin();
  const std::int64_t mostMismatches =
      2 + static_cast<std::int64_t>(std::min(guest.keys.size(), host.keys.size())) / 100;
  while (g != guest.keys.end() && h != host.keys.end()) {
    const std::int64_t position = h->position + shift;
    if (g->position != position) {
      g->position < position ? static_cast<void>(++g) : static_cast<void>(++h);
      continue;
    }
    if (alignment.chains++ == 0) firstFetched = h->fetched;
    alignment.span = h->fetched - firstFetched;
    alignment.mismatches += signatureDiffers(*g, *h) ? 1 : 0;
    if (h->fetched - windowStart > kWindowNs) {
      window = Bounds{};
      windowStart = h->fetched;
    }
    for (Bounds* bounds : {&all, &window}) {
      bounds->low(g->before - h->fetched, h->fetched);
      if (seen(g->after) && seen(h->used)) bounds->high(g->after - h->used, h->used);
    }
    if (const Ns contradiction = std::max(all.contradiction(), window.contradiction()); contradiction > 0) {
      ++alignment.breaks;
      all = window = Bounds{};
      alignment.smallBreaks += contradiction < kSmallestStepNs ? 1 : 0;
      if (alignment.breaks > mostBreaks) return alignment;
    }
    if (alignment.mismatches > mostMismatches) return alignment;
    ++g;
    ++h;
  }
  alignment.window = all.window();
  alignment.bounded = all.bounded();
  if (alignment.chains > 0) {
    alignment.unexplained = countUnexplained(guest, host, shift, alignment.window, spans);
    alignment.unexplained += countBeyondEnd(guest, host, shift);
  }
  return alignment;
}

AlignmentSearch searchAlignment(const GuestSequence& guest, const HostSequence& host, const CaptureSpans& spans,
                                const std::optional<OffsetWindow>& known) {
  AlignmentSearch search;
  if (guest.keys.empty() || host.keys.empty()) return search;
  const std::vector<std::int64_t> shifts = candidateShifts(guest, host);
  const bool byOrder = isByOrder(guest, host);
  std::vector<Alignment> fits;
  std::int64_t work = 0;
  for (const std::int64_t shift : shifts) {
    // Where the positions are known a clock step may break causality now and then; a guess must fit throughout.
    const Alignment found = align(guest, host, shift, byOrder ? 0 : kMostBreaks, spans);
    work += found.chains + 1;
    if (work > kMostWork) {
      search.exhausted = true;
      search.best.reset();
      return search;
    }
    const bool credible = byOrder ? found.breaks == 0 : breaksAreCredible(found, guest.counted || host.counted);
    const bool possible = found.chains > 0 && credible && found.unexplained == 0 &&
                          (byOrder ? found.mismatches == 0 : found.mismatches * 100 <= found.chains) &&
                          (!known || found.breaks > 0 || known->compatible(found.window));
    if (!possible) {
      if (!byOrder && guest.whole && host.whole)
        search.refuted = std::max(search.refuted, countMeeting(guest, host, shift));
      continue;
    }
    ++search.candidates;
    if (byOrder) fits.push_back(found);
    const bool enough = !byOrder || found.chains >= kFewestForOrder;
    if (enough && (!search.best || found.chains > search.best->chains)) search.best = found;
  }
  // An order that fits in two ways proves nothing.
  if (byOrder && search.candidates != 1) search.best.reset();
  if (search.candidates > 1 && known) {
    search.best = bestWayBack(fits, guest, host, *known, spans);
    if (search.best) search.candidates = 1;
  }
  if (!byOrder && search.candidates > 1) search.best.reset();
  return search;
}

}  // namespace descry
