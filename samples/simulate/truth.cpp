// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/truth.hpp"

#include <algorithm>

namespace descry::simulate {

namespace {

bool between(Ns low, Ns value, Ns high) {
  return seen(low) && seen(value) && low <= value && value <= high;
}

/// How much of [begin, end] the queue was stalled by something else than this chain.
Ns stalledByOthers(const RingTruth& ring, std::int64_t position, Ns begin, Ns end) {
  std::vector<StallTruth> stalls = ring.stalls;
  std::sort(stalls.begin(), stalls.end(),
            [](const StallTruth& a, const StallTruth& b) { return a.span.begin < b.span.begin; });
  Ns sum = 0, covered = begin;
  for (const StallTruth& stall : stalls) {
    if (stall.position == position) continue;
    const Ns from = std::max(covered, stall.span.begin), to = std::min(end, stall.span.end);
    if (to <= from) continue;
    sum += to - from;
    covered = to;
  }
  return sum;
}

/// Hands out the time from the last boundary to the next.
class Splitter {
 public:
  Splitter(CauseTruth& result, Ns start) : m_result(result), m_at(start) {}
  Ns at() const { return m_at; }
  Ns upTo(Ns boundary) {
    const Ns length = seen(boundary) && boundary > m_at ? boundary - m_at : 0;
    m_at += length;
    return length;
  }
  void give(Cause cause, Ns length) { m_result.causes[static_cast<std::size_t>(cause)] += length; }
  void upTo(Ns boundary, Cause cause) { give(cause, upTo(boundary)); }

 private:
  CauseTruth& m_result;
  Ns m_at;
};

}  // namespace

std::uint32_t ownPoints(const ChainTruth& chain) {
  std::uint32_t own = 0;
  for (const Point point :
       {Point::Q, Point::M, Point::A, Point::t, Point::f, Point::p, Point::u, Point::D, Point::R, Point::C})
    if (seen(chain[point])) own |= pointBit(point);
  const Ns tried = seen(chain[Point::t]) ? chain[Point::t] : chain[Point::f];
  if (between(chain[Point::Q], chain[Point::K], tried)) {
    own |= pointBit(Point::K);
    // A doorbell that finds the worker awake changes nothing: the chain waits behind older ones.
    if (between(chain[Point::K], chain[Point::w], tried)) {
      own |= pointBit(Point::w);
      if (between(chain[Point::K], chain[Point::k], chain[Point::w])) own |= pointBit(Point::k);
    }
  }
  // A packet that came before the buffer was posted found no buffer: later it is unknown which one it waited for.
  if (between(chain[Point::Q], chain[Point::n], tried)) own |= pointBit(Point::n);
  if ((own & pointBit(Point::n)) != 0 && between(chain[Point::n], chain[Point::w], tried)) own |= pointBit(Point::w);
  const Ns reaped = chain[Point::R];
  // Without an interrupt of its own the chain was found by polling, even if something else was signalled then.
  if (chain.reapedByInterrupt && between(chain[Point::u], chain[Point::I], reaped)) {
    own |= pointBit(Point::I);
    if (between(chain[Point::u], chain[Point::s], chain[Point::I])) own |= pointBit(Point::s);
  }
  return own;
}

CauseTruth causesOf(const Truth& truth, const ChainTruth& chain) {
  const RingTruth& ring = truth.rings[static_cast<std::size_t>(chain.ring)];
  const std::uint32_t own = ownPoints(chain);
  const auto at = [&](Point point) { return (own & pointBit(point)) != 0 ? chain[point] : kUnseen; };
  CauseTruth result;
  const Ns fetched = at(Point::f), tried = seen(at(Point::t)) ? at(Point::t) : fetched;
  if (ring.receive) {
    // A buffer posted in advance is stock until its packet comes, or shows by being looked at.
    const Ns start = seen(at(Point::n)) ? at(Point::n) : tried;
    result.before = std::max<Ns>(0, start - chain[Point::Q]);
  }
  Splitter split(result, chain[Point::Q] + result.before);
  // While the queue stands still for somebody else's translation, neither a doorbell nor the worker would have helped.
  const auto waitFor = [&](Splitter& on, Ns boundary, Cause cause) {
    const Ns begin = on.at(), length = on.upTo(boundary);
    const Ns induced = stalledByOthers(ring, chain.position, begin, begin + length);
    result.induced += induced;
    on.give(Cause::Iotlb, induced);
    on.give(cause, length - induced);
  };
  if (result.before == 0) {
    const Ns prepare = split.upTo(at(Point::M));
    split.give(Cause::Swiotlb, chain.swiotlbOut);
    split.give(Cause::Iotlb, chain.iommuMap);
    split.give(Cause::Ring, prepare - chain.swiotlbOut - chain.iommuMap);
    // A device that polls may look before the add has returned.
    split.upTo(std::min(chain[Point::A], tried), Cause::Ring);
    split.upTo(at(Point::K), Cause::Ring);
    waitFor(split, at(Point::k), Cause::Notification);
  }
  waitFor(split, at(Point::w), Cause::Notification);
  waitFor(split, tried, Cause::Ring);
  // A vIOMMU looks up every segment there, hits included; a plain fetch of the kernel's vhost is ring work.
  const bool translating = chain.misses > 0 || (!ring.vhost && seen(at(Point::t)));
  split.upTo(fetched, translating ? Cause::Iotlb : Cause::Ring);
  split.upTo(at(Point::p), Cause::Backend);
  split.upTo(at(Point::u), seen(at(Point::p)) ? Cause::Ring : Cause::Backend);
  if (ring.transmit && !seen(at(Point::I))) {
    // Nobody waits for a transmit buffer: it comes back when the driver happens to look.
    result.after = chain[Point::C] - split.at();
    return result;
  }
  split.upTo(at(Point::s), Cause::Notification);
  split.upTo(at(Point::I), Cause::Notification);
  const Ns tail = split.upTo(chain[Point::C]);
  split.give(Cause::Swiotlb, chain.swiotlbIn);
  split.give(Cause::Iotlb, chain.iommuUnmap);
  split.give(Cause::Ring, tail - chain.swiotlbIn - chain.iommuUnmap);
  return result;
}

}  // namespace descry::simulate
