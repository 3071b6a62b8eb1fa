// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/run/stuck_candidate.hpp"

#include <algorithm>

namespace descry {

namespace {

std::int64_t firstSeen(std::int64_t one, std::int64_t other) {
  return seen(one) ? one : seen(other) ? other : -1;
}

/// The used entry was there, and the driver did not hear of it or look for it.
std::optional<StuckWait> waitForInterrupt(const StuckCandidate& chain) {
  const GuestHalfRow& guest = *chain.guest;
  const HostHalfRow& host = *chain.host;
  if (chain.isTransmit() || !chain.guestInterrupts || !seen(host.u) || !seen(guest.r)) return std::nullopt;
  const Ns used = host.f + host.u + chain.shift, reaped = guest.q + guest.r;
  const Ns noticed = seen(guest.i) ? guest.q + guest.i : reaped;
  StuckWait wait{.stage = "used", .begin = used, .end = noticed, .isNotice = true};
  // An interrupt from after it came back announced something else.
  if (seen(host.s) && host.f + host.s + chain.shift <= reaped + chain.error) {
    const Ns signalled = host.f + host.s + chain.shift;
    if (signalled - used >= kLongestNotice) {
      wait.end = signalled;
      return wait;
    }
    wait.stage = "signalled";
    wait.begin = signalled;
  }
  if (wait.length() - chain.error < kLongestNotice) return std::nullopt;
  return wait;
}

/// It was published, and the device did not hear of it or look for it although it had nothing else to do.
std::optional<StuckWait> waitForDoorbell(const StuckCandidate& chain) {
  const GuestHalfRow& guest = *chain.guest;
  const HostHalfRow& host = *chain.host;
  if (chain.isPosted() || !chain.hostDoorbells) return std::nullopt;
  const Ns published = guest.q + (seen(guest.k) ? guest.k : seen(guest.a) ? guest.a : 0);
  const Ns tried = host.f + (seen(host.t) ? host.t : 0) + chain.shift;
  if (tried - published - chain.error < kLongestNotice) return std::nullopt;
  // A worker that was fetching older chains meanwhile had not stopped, only much to do.
  if (seen(chain.fetchBefore) && chain.fetchBefore + chain.shift > published + kLongestNotice / 2) return std::nullopt;
  StuckWait wait{.stage = seen(guest.k) ? "rung" : "published", .begin = published, .end = tried, .isNotice = true};
  if (!seen(host.k)) return wait;
  const Ns arrived = host.f + host.k + chain.shift;
  if (arrived - published - chain.error < kLongestNotice) {
    wait.stage = "seen";
    wait.begin = arrived;
  } else {
    wait.end = std::min(arrived, tried);
  }
  return wait;
}

}  // namespace

std::int64_t StuckCandidate::outCount() const {
  return firstSeen(guest ? guest->outCount : kUnseen, host ? host->outCount : kUnseen);
}

std::int64_t StuckCandidate::inCount() const {
  return firstSeen(guest ? guest->inCount : kUnseen, host ? host->inCount : kUnseen);
}

std::optional<StuckWait> longestWait(const StuckCandidate& chain) {
  if (chain.guest && chain.host && seen(chain.shift)) {
    if (const auto wait = waitForInterrupt(chain)) return wait;
    if (const auto wait = waitForDoorbell(chain)) return wait;
  }
  if (chain.outCount() <= 0) return std::nullopt;
  if (chain.host && seen(chain.host->u)) {
    if (2 * chain.host->u < chain.latency) return std::nullopt;  // neither the device's work nor a notification
    return StuckWait{
        .stage = "fetched", .onHostClock = true, .begin = chain.host->f, .end = chain.host->f + chain.host->u};
  }
  if (!chain.guest || chain.host || chain.isTransmit()) return std::nullopt;
  const GuestHalfRow& guest = *chain.guest;
  return StuckWait{.stage = seen(guest.k) ? "rung" : "published",
                   .hostSeen = false,
                   .begin = guest.q + (seen(guest.k) ? guest.k : 0),
                   .end = guest.q + (seen(guest.r) ? guest.r : guest.c)};
}

}  // namespace descry
