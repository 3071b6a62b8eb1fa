// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analyzer/pair/half_sequence.hpp"

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
  std::int64_t unexplained = 0;  ///< chains at the rims that the other side should have seen but did not
  OffsetWindow window;
};

/// What the search came to. `candidates` alignments were possible; only a unique one may be used.
struct AlignmentSearch {
  std::optional<Alignment> best;
  std::int64_t candidates = 0;
  bool exhausted = false;  ///< given up: the traffic is too regular to decide
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
