// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "analyzer/attribute/cause_spans.hpp"
#include "analyzer/attribute/chain_life.hpp"

namespace descry {

/// The phases, in the order of a chain's life. One lies between each two neighbouring points; a point that was not seen
/// joins the phases on both of its sides.
enum class Phase : std::uint8_t {
  Prepare,   ///< Q..M  mapping and bouncing out
  Publish,   ///< M..A  ring write
  Doorbell,  ///< A..K  batching before the doorbell
  Exit,      ///< K..k  doorbell on its way to the host
  Wakeup,    ///< k..w  until the worker serves this queue (from n for received packets)
  Wait,      ///< w..t  older chains are served
  Stall,     ///< t..f  translation
  Service,   ///< f..p  the device's own work
  Report,    ///< p..u  until the used entry is published
  Signal,    ///< u..s  until the interrupt is sent
  Inject,    ///< s..I  interrupt on its way to the guest
  Reap,      ///< I..D  until the driver reads the used entry
  Finish,    ///< D..C  unmapping and bouncing back
};

inline constexpr std::size_t kPhases = 13;

constexpr std::uint32_t phaseBit(Phase phase) {
  return 1U << static_cast<unsigned>(phase);
}

/// Bits of the phases between two neighbouring points of a life: more than one where points are missing.
std::uint32_t phasesBetween(Point from, Point to);

/// "wait"; "exit+wakeup" where points are missing; "prepare to reap" where many are.
std::string phasesText(std::uint32_t phases);

/// A piece of a chain's latency between two neighbouring stops, and what of it is still unclaimed.
struct Span {
  std::uint32_t phases = 0;  ///< phasesBetween(from, to)
  Point from{}, to{};
  Ns begin = 0, end = 0;
  Ns left = 0;  ///< ns not claimed by a cause yet

  bool only(std::uint32_t allowed) const { return phases != 0 && (phases & ~allowed) == 0; }
  bool touches(std::uint32_t some) const { return (phases & some) != 0; }
};

/// A chain's latency cut into spans, and the claims on them. Sum of claims + what is left = latency, always.
class Claims {
 public:
  /// `record` is told where each claim lies; the pass over all chains needs the sums only and leaves it out.
  explicit Claims(const ChainLife& life, CauseSpans* record = nullptr);

  std::span<Span> spans() { return {m_spans.data(), m_count}; }
  /// Takes up to `ns` of what is left of a span for a cause; returns what it got. Where in the span that was is not
  /// known: `place` says where it is shown.
  Ns claim(Span& span, Cause cause, Ns ns, Place place);
  void claimAll(Span& span, Cause cause);
  /// The parts of a span that lie within stalls of the queue, for Iotlb: another chain's or the ring's own miss made
  /// this one wait. `shift` is the chain's clock minus that of the stalls.
  void claimInduced(Span& span, const StallIndex& stalls, Ns shift);
  Ns of(Cause cause) const { return m_claimed[static_cast<std::size_t>(cause)]; }
  Ns induced() const { return m_induced; }
  /// Everything that no cause claimed.
  Ns left() const;

 private:
  Ns take(Span& span, Cause cause, Ns ns);

  std::array<Span, kPoints + 1> m_spans{};
  std::size_t m_count = 0;
  std::array<Ns, kCauses> m_claimed{};
  Ns m_induced = 0;
  CauseSpans* m_record;
};

/// What a cause looks at.
struct ChainView {
  const ChainHalves& halves;
  const QueueContext& context;
  const ChainLife& life;
};

}  // namespace descry
