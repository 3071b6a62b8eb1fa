// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analyzer/pair/half_sequence.hpp"

// Which guest half and which host half are the same chain?
//
// Both sides number their chains by avail position, so one number settles it for a whole epoch: the shift, with
// guest position = host position + shift. How far the shift is known in advance depends on how the sides count:
//
//   both read the ring index, 16 bits          shift is a multiple of 65536 (turns of the index)
//   both counted from the start of the ring    shift is 0
//   one counted from an unseen moment         any shift that lets the two sequences overlap: "by order"
//
// What rules shifts out is causality. A chain is published before it is fetched and used before it is reaped. With the
// clock offset o (guest time minus host time), each chain that meets its other half says
//
//       guest.before - host.fetched  <=  o  <=  guest.after - host.used
//
// The largest lower bound and the smallest upper bound of all chains form the OffsetWindow. A shift under which it is
// empty contradicts itself. The two clocks also drift, so bounds are compared with a slack of kMaxDrift times the host
// time between them. A contradiction is looked for twice: over the whole epoch, and inside windows of 20 ms, where the
// slack is so small that drift cannot hide a wrong shift.
//
//       position       0     1     2                  shift 0             shift 1 (host 0 is guest 1)
//       guest before   90    190   490    offset      >= -10, -10, -10    >= 90, 290
//       host fetched   100   200   500
//       host used      110   210   510    offset      <=  10,  10,  10    <= 110, 310
//       guest after    120   220   520                -10 .. 10: fits     290 .. 110: refuted
//
// A refuted shift stays refuted, whatever other chains say. A shift that fits is only used when it is the only one:
// perfectly regular traffic (a chain every 100) fits under every shift with another offset, and then the
// result is "not decided", never the likeliest. Three more tests rule out what causality cannot: signatures (head,
// length, directions), chains at the rims that a complete recording of the other side should have seen, and the clock
// that a queue aligned before has shown (`known`). Where positions are known, a few breaks are allowed: a clock step
// breaks causality once, a wrong turn of the index breaks it throughout. Counted positions are known less well: there a
// break has to be as large as clock steps are, or one among hundreds of chains that agree.
//
// Invariant: the window returned holds for every chain that was counted since the last break. Cost: one merge over the
// two sequences per shift, and a wrong shift usually ends after a few chains.

namespace descry {

/// Chains that an alignment needs to count where positions alone prove nothing.
inline constexpr std::int64_t kFewestForOrder = 8;

/// Where the clock offset (guest minus host) may lie near a host time, widened by the drift limit elsewhere.
struct OffsetWindow {
  Ns low = 0, high = 0;      ///< offset bounds
  Ns lowAt = 0, highAt = 0;  ///< host times at which they hold
  /// True when a common clock can satisfy both windows.
  bool compatible(const OffsetWindow& other) const;
};

/// One way to lay a host sequence beside a guest sequence: guest position = host position + shift.
struct Alignment {
  std::int64_t shift = 0;
  std::int64_t chains = 0;       ///< halves that meet
  std::int64_t mismatches = 0;   ///< of these, with another head, length or direction
  std::int64_t breaks = 0;       ///< how often causality would need a clock step
  std::int64_t smallBreaks = 0;  ///< of these, with a step smaller than clocks take
  std::int64_t unexplained = 0;  ///< chains at the rims that the other side should have seen but did not
  OffsetWindow window;
  bool bounded = false;  ///< by chains in both directions
  Ns span = 0;           ///< host time from the first half that meets to the last
  /// True when all its chains could be others of the same queue, earlier or later by as long as they last.
  bool slides() const { return window.high - window.low > span; }
};

/// What the search came to. `candidates` alignments were possible; only a unique one may be used.
struct AlignmentSearch {
  std::optional<Alignment> best;
  std::int64_t candidates = 0;
  bool exhausted = false;    ///< given up: the traffic is too regular to decide
  std::int64_t refuted = 0;  ///< chains that have the same known position and cannot be the same
};

/// Spans of the two captures, to tell a chain that was not recorded from one that should have been.
struct CaptureSpans {
  Ns guestEnd = 0, hostEnd = 0;  ///< both captures begin at 0
  bool complete = true;          ///< no loss on either side
};

/// True when one side counted its positions from an unknown start: only the order of chains can tell the shift.
bool isByOrder(const GuestSequence& guest, const HostSequence& host);

/// Evaluates one shift. Stops early (with breaks > `mostBreaks`) when it is clearly wrong.
Alignment align(const GuestSequence& guest, const HostSequence& host, std::int64_t shift, std::int64_t mostBreaks,
                const CaptureSpans& spans);

/// Tries every shift that the anchors allow. `known` narrows it to clocks compatible with what is known already.
AlignmentSearch searchAlignment(const GuestSequence& guest, const HostSequence& host, const CaptureSpans& spans,
                                const std::optional<OffsetWindow>& known);

}  // namespace descry
