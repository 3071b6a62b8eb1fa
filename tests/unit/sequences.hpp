// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/pair/half_sequence.hpp"

namespace descry {

/// What the guest's clock shows more than the host's in the sequences below.
inline constexpr Ns kOffset = 5'000'000'000;

/// Chains that the host fetches at these times, each for 300 ns.
inline HostSequence hostAt(const std::vector<Ns>& times, std::int64_t firstPosition = 0) {
  HostSequence host;
  host.anchor = "ring";
  for (const Ns ns : times)
    host.keys.push_back(
        {.position = firstPosition + static_cast<std::int64_t>(host.keys.size()), .fetched = ns, .used = ns + 300});
  return host;
}

/// The same chains as the guest sees them: 200 ns before and 400 ns after the host's part.
inline GuestSequence guestAt(const std::vector<Ns>& times, std::int64_t firstPosition = 0) {
  GuestSequence guest;
  guest.anchor = "ring";
  for (const Ns ns : times)
    guest.keys.push_back({.position = firstPosition + static_cast<std::int64_t>(guest.keys.size()),
                          .before = ns + kOffset - 200,
                          .after = ns + kOffset + 700});
  return guest;
}

/// The same with positions that were counted from an unseen moment.
template <typename Sequence>
Sequence counted(Sequence sequence) {
  sequence.counted = true;
  sequence.anchor = "order";
  return sequence;
}

}  // namespace descry
