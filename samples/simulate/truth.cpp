// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/truth.hpp"

#include <algorithm>

namespace descry::simulate {

namespace {

bool between(Ns low, Ns value, Ns high) { return seen(value) && low <= value && value <= high; }

/// How much of [begin, end] the queue was stalled by something else than this chain.
Ns stalledByOthers(const RingTruth& ring, std::int64_t position, Ns begin, Ns end) {
  Ns sum = 0, covered = begin;
  for (const StallTruth& stall : ring.stalls) {
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
  for (const Point point : {Point::Q, Point::M, Point::A, Point::n, Point::t, Point::f, Point::p, Point::u, Point::D, Point::R, Point::C})
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
  if (between(chain[Point::n], chain[Point::w], tried)) own |= pointBit(Point::w);
  const Ns reaped = chain[Point::R];
  if (chain.reapedByInterrupt && between(chain[Point::u], chain[Point::I], reaped)) own |= pointBit(Point::I);
  const Ns noticed = (own & pointBit(Point::I)) != 0 ? chain[Point::I] : reaped;
  if (between(chain[Point::u], chain[Point::s], noticed)) own |= pointBit(Point::s);
  return own;
}

CauseTruth causesOf(const Truth& truth, const ChainTruth& chain) {
  const RingTruth& ring = truth.rings[static_cast<std::size_t>(chain.ring)];
  const std::uint32_t own = ownPoints(chain);
  const auto at = [&](Point point) { return (own & pointBit(point)) != 0 ? chain[point] : kUnseen; };
  CauseTruth result;
  const Ns fetched = at(Point::f), tried = seen(at(Point::t)) ? at(Point::t) : fetched;
  if (ring.receive) {
    // A buffer posted in advance is stock until its packet comes.
    const Ns start = seen(at(Point::n)) ? at(Point::n) : fetched;
    result.before = std::max<Ns>(0, start - chain[Point::Q]);
  }
  Splitter split(result, chain[Point::Q] + result.before);
  if (result.before == 0) {
    const Ns prepare = split.upTo(at(Point::M));
    split.give(Cause::Swiotlb, chain.swiotlbOut);
    split.give(Cause::Iotlb, chain.iommuMap);
    split.give(Cause::Ring, prepare - chain.swiotlbOut - chain.iommuMap);
    // A device that polls may look before the add has returned.
    split.upTo(std::min(chain[Point::A], tried), Cause::Ring);
    split.upTo(at(Point::K), Cause::Ring);
    split.upTo(at(Point::k), Cause::Notification);
  }
  split.upTo(at(Point::w), Cause::Notification);
  const Ns waitBegin = split.at();
  const Ns wait = split.upTo(tried);
  result.induced = stalledByOthers(ring, chain.position, waitBegin, waitBegin + wait);
  split.give(Cause::Iotlb, result.induced);
  split.give(Cause::Ring, wait - result.induced);
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
