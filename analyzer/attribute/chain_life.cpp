// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/chain_life.hpp"

#include <algorithm>
#include <cmath>

namespace descry {

namespace {

bool isPostedBuffer(const ChainHalves& halves) {
  // A chain without a device-readable part waits for the device to have something: it is stock until then.
  for (const std::int64_t out : {halves.guest != nullptr ? halves.guest->outCount : kUnseen,
                                 halves.host != nullptr ? halves.host->outCount : kUnseen})
    if (seen(out)) return out == 0;
  return false;
}

bool isTransmitBuffer(const ChainHalves& halves) {
  for (const std::int64_t in : {halves.guest != nullptr ? halves.guest->inCount : kUnseen,
                                halves.host != nullptr ? halves.host->inCount : kUnseen})
    if (seen(in)) return in == 0;
  return false;
}

/// The host's span times the largest drift: the shift is exact at one instant only.
Ns driftAllowance(const HostHalfRow& host) {
  Ns longest = 0;
  for (const Ns offset : {host.n, host.k, host.w, host.t, host.p, host.u, host.s})
    if (seen(offset)) longest = std::max(longest, std::abs(offset));
  return static_cast<Ns>(std::ceil(static_cast<double>(longest) * 1e-6));
}

}  // namespace

ClockReading storedReading(Ns shift, Ns error, const HostHalfRow& host) {
  const Ns own = error - driftAllowance(host);
  return {shift - own, shift + own};
}

ChainLife::ChainLife(const ChainHalves& halves, const QueueContext& context) {
  const GuestHalfRow* guest = halves.guest;
  const HostHalfRow* host = halves.host;
  postedBuffer = isPostedBuffer(halves);
  if (guest != nullptr) placeGuest(*guest);
  if (guest == nullptr) flags |= kHostOnly;
  if (host == nullptr) flags |= kGuestOnly;
  if (guest != nullptr && host != nullptr) {
    if (halves.clock) {
      shift = halves.clock->estimate();
      error = halves.clock->error() + driftAllowance(*host);
      placeHost(*host, shift);
      // Causality binds every chain; one that breaks it straddles a clock step, or is not this chain.
      const Ns published = has(Point::M) ? at(Point::M) : at(Point::Q);
      const bool early = at(Point::f) + error < published;
      const Ns usedAtTheEarliest = has(Point::u) ? at(Point::u) : at(Point::f);
      const bool late = has(Point::C) && usedAtTheEarliest > at(Point::C) + error;
      if (early || late) {
        detached = true;
        flags |= kOrderContradicted;
      }
    } else {
      detached = true;
    }
    if (detached) {
      flags |= kUnsynchronised;
      shift = error = kUnseen;
      points = 0;
      placeGuest(*guest);
    }
  } else if (host != nullptr) {
    placeHost(*host, 0);
  }
  const bool onTimeline = host != nullptr && !detached;
  if (onTimeline) dropLateArrivals();
  if (guest != nullptr && onTimeline) dropForeign(error);
  // Without an interrupt of its own the driver found the chain by looking: the signal brought nothing about.
  if (guest != nullptr && context.guestInterrupts && !has(Point::I) && has(Point::C)) drop(Point::s);
  chooseEnds(guest != nullptr, onTimeline, host != nullptr && (host->flags & kOpensBurst) != 0);
  if (guest != nullptr && onTimeline && context.network && isTransmitBuffer(halves) && has(Point::u) &&
      !has(Point::I) && seen(end)) {
    // Nobody was told that it was sent: the driver picks it up when it transmits again.
    end = std::clamp(at(Point::u), start, end);
    reapWait = at(Point::C) - end;
  }
  if (seen(end))
    order();
  else
    flags |= kIncomplete;
}

void ChainLife::keep(Point point, Ns when) {
  m_at[static_cast<std::size_t>(point)] = when;
  points |= pointBit(point);
}

void ChainLife::placeGuest(const GuestHalfRow& half) {
  keep(Point::Q, half.q);
  for (const auto& [point, offset] :
       {std::pair{Point::M, half.m}, std::pair{Point::A, half.a}, std::pair{Point::K, half.k},
        std::pair{Point::I, half.i}, std::pair{Point::D, half.d}, std::pair{Point::R, half.r},
        std::pair{Point::C, half.c}})
    if (seen(offset)) keep(point, half.q + offset);
}

void ChainLife::placeHost(const HostHalfRow& half, Ns hostShift) {
  const Ns fetched = half.f + hostShift;
  keep(Point::f, fetched);
  for (const auto& [point, offset] :
       {std::pair{Point::n, half.n}, std::pair{Point::k, half.k}, std::pair{Point::w, half.w},
        std::pair{Point::t, half.t}, std::pair{Point::p, half.p}, std::pair{Point::u, half.u},
        std::pair{Point::s, half.s}})
    if (seen(offset)) keep(point, fetched + offset);
}

void ChainLife::dropLateArrivals() {
  // What reached the host after it had begun with the chain did not bring it there.
  for (const Point point : {Point::n, Point::k, Point::w})
    if (has(point) && has(Point::t) && at(point) > at(Point::t)) drop(point);
  if (has(Point::n) && has(Point::w) && at(Point::w) < at(Point::n)) drop(Point::w);
  if (has(Point::k) && has(Point::w) && at(Point::w) < at(Point::k)) drop(Point::k);
}

void ChainLife::dropForeign(Ns tolerance) {
  // The add returned at A at the latest; a device that polls may fetch before that.
  const Ns published = std::min(has(Point::A) ? at(Point::A) : at(Point::Q), at(Point::f));
  // A packet from before the buffer was posted may have waited for an older one.
  if (has(Point::n) && at(Point::n) + tolerance < at(Point::Q)) drop(Point::n);
  // The device tried it before the doorbell rang: it did not need that.
  const Ns tried = has(Point::t) ? std::min(at(Point::t), at(Point::f)) : at(Point::f);
  if (has(Point::K) && at(Point::K) > tried + tolerance) drop(Point::K);
  // A doorbell or a worker's visit from before the publication served older chains.
  const Ns rung = has(Point::K) ? at(Point::K) : published;
  if (has(Point::k) && (!has(Point::K) || at(Point::k) + tolerance < rung)) drop(Point::k);
  const bool visited = (has(Point::n) && has(Point::w) && at(Point::w) >= at(Point::n)) ||
                       (has(Point::K) && has(Point::w) && at(Point::w) + tolerance >= rung);
  if (!visited) drop(Point::w);
  // A doorbell that found the worker awake changed nothing: the chain waited behind older ones.
  if (!has(Point::w)) drop(Point::k);
  if (has(Point::I) && has(Point::u) && at(Point::I) + tolerance < at(Point::u)) drop(Point::I);
  if (has(Point::s) && has(Point::I) && at(Point::s) > at(Point::I) + tolerance) drop(Point::s);
  if (has(Point::s) && !has(Point::I) && has(Point::C) && at(Point::s) > at(Point::C) + tolerance) drop(Point::s);
}

void ChainLife::chooseEnds(bool hasGuest, bool hasHost, bool opensBurst) {
  first = hasGuest ? at(Point::Q) : at(Point::f);
  if (!hasGuest) {
    // One doorbell opens a burst; that later chains of the burst were there when it rang is not known.
    if (!opensBurst) drop(Point::k);
    for (const Point point : {Point::n, Point::k, Point::w, Point::t})
      if (has(point)) first = std::min(first, at(point));
    // Without the guest it is unknown when the chain was published: the doorbell, or the worker's first visit of the
    // burst, is the best that was seen, and the worst case.
    if (!postedBuffer && (has(Point::k) || has(Point::w))) flags |= kStartAssumed;
  }
  start = first;
  if (postedBuffer) {
    // Stock until the packet came: the latency starts there.
    if (hasHost)
      start = has(Point::n) ? at(Point::n) : has(Point::t) ? at(Point::t) : at(Point::f);
    else if (has(Point::I) || has(Point::C))
      start = has(Point::I) ? at(Point::I) : at(Point::C);
    start = std::max(start, first);
    // The clocks may say that it was found within their error after it came back.
    if (hasGuest && has(Point::C)) start = std::min(start, at(Point::C));
    // The packet itself calls the device; a doorbell that is rung for the buffer later does not matter.
    if (start > first)
      for (const Point point : {Point::K, Point::k}) drop(point);
    if (hasGuest) stock = start - first;
    if (!hasGuest) first = start;
  }
  if (hasGuest)
    end = has(Point::C) ? at(Point::C) : kUnseen;
  else
    end = has(Point::u) ? at(Point::u) : kUnseen;
  if (seen(end)) end = std::max(end, start);
}

void ChainLife::order() {
  count = 0;
  Ns last = start;
  // What follows may pull a point forward: the fetch cannot come before the publication, nor the doorbell after the
  // fetch.
  const Ns fetched = has(Point::f) ? std::clamp(at(Point::f), start, end) : end;
  const Ns used = has(Point::u) ? std::clamp(at(Point::u), fetched, end) : end;
  // The signal precedes the interrupt it became.
  const Ns arrived = has(Point::I) ? std::clamp(at(Point::I), used, end) : end;
  for (std::size_t i = 0; i < kPoints; ++i) {
    const auto point = static_cast<Point>(i);
    if (!has(point)) continue;
    Ns when = at(point);
    if (point < Point::f) when = std::min(when, fetched);
    if (point == Point::f) when = fetched;
    if (point == Point::p) when = std::min(when, used);
    if (point == Point::u) when = used;
    if (point == Point::s) when = std::min(when, arrived);
    when = std::clamp(when, last, end);
    stops[count++] = {point, when};
    last = when;
  }
}

}  // namespace descry
