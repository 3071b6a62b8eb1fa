// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "schemas/model/points.hpp"

namespace descry {

/// What tells whether two traces of one format are pieces of the same recording. Empty: the format does not say.
struct Piece {
  std::string machine, clock;
  std::optional<Ns> first, last;  ///< times of the first and last event
  std::set<std::uint16_t> cpus;   ///< that have events
  std::set<std::string> marks;    ///< only pieces of one recording share one of these: identifiers, addresses
};

/// `sameSide`: the user or the folders say that both are of the same machine.
inline bool ofOneRecording(const Piece& a, const Piece& b, bool sameSide) {
  const auto share = [](const auto& one, const auto& other) {
    for (const auto& value : one)
      if (other.contains(value)) return true;
    return false;
  };
  if (!a.machine.empty() && !b.machine.empty() && a.machine != b.machine) return false;
  if (!a.clock.empty() && !b.clock.empty() && a.clock != b.clock) return false;
  if (share(a.marks, b.marks)) return true;
  if (!sameSide || !a.first || !b.first || *a.first > *b.last || *b.first > *a.last) return false;
  if (!a.machine.empty() && a.machine == b.machine) return true;
  // Without a name of the machine: each piece holds other CPUs, or one has nothing that could contradict.
  return a.marks.empty() || b.marks.empty() || (!a.cpus.empty() && !b.cpus.empty() && !share(a.cpus, b.cpus));
}

}  // namespace descry
