// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/attribute/causes.hpp"

namespace descry {

namespace {

constexpr std::uint32_t kDriver = phaseBit(Phase::Prepare) | phaseBit(Phase::Publish) | phaseBit(Phase::Doorbell);
constexpr std::uint32_t kRingWork = phaseBit(Phase::Publish) | phaseBit(Phase::Doorbell) | phaseBit(Phase::Wait) |
                                    phaseBit(Phase::Stall) | phaseBit(Phase::Report);
constexpr std::uint32_t kPickup = phaseBit(Phase::Publish) | phaseBit(Phase::Doorbell) | phaseBit(Phase::Exit) |
                                  phaseBit(Phase::Wakeup) | phaseBit(Phase::Wait) | phaseBit(Phase::Stall);
constexpr std::uint32_t kReaping = phaseBit(Phase::Reap) | phaseBit(Phase::Finish);
constexpr std::uint32_t kNotice = phaseBit(Phase::Signal) | phaseBit(Phase::Inject) | kReaping;

/// The device found the chain without a doorbell of its own: it was still serving older chains, or polling.
bool foundWithoutDoorbell(const ChainView& chain) {
  const GuestHalfRow* guest = chain.halves.guest;
  if (guest == nullptr || chain.halves.host == nullptr || chain.life.detached) return false;
  if ((guest->flags & kDoorbellSuppressed) != 0) return true;
  if (seen(guest->k) && !chain.life.has(Point::K)) return true;  // rang only after the fetch
  const bool arrived = chain.life.has(Point::k) || chain.life.has(Point::w);
  return chain.life.has(Point::K) && chain.context.hostDoorbells && !arrived;
}

void claim(const ChainView& chain, Claims& claims) {
  const bool found = foundWithoutDoorbell(chain);
  const bool polled = chain.context.guestInterrupts && !chain.life.has(Point::I);
  for (Span& span : claims.spans()) {
    const bool mayHideBounces = span.touches(phaseBit(Phase::Prepare) | phaseBit(Phase::Finish));
    if (mayHideBounces && !chain.context.dmaVisible) continue;
    if (span.only(kDriver) || span.only(kRingWork) || span.only(kReaping) || (found && span.only(kPickup)) ||
        (polled && span.only(kNotice) && chain.halves.host != nullptr && !chain.life.detached))
      claims.claimAll(span, Cause::Ring);
  }
}

}  // namespace

const CauseRule kRingRule{Cause::Ring, 50, claim};

}  // namespace descry
