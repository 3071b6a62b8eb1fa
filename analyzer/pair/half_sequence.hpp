// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/pair/model.hpp"

namespace descry {

/// What pairing needs of a guest half: two moments that enclose the host's work on the chain, and a signature.
struct GuestKey {
  std::int64_t position = 0;
  Ns before = 0;          ///< last moment known to precede the publication (M, else Q)
  Ns after = kUnseen;     ///< first moment known to follow the reading of the used entry (D, else R)
  Ns finished = kUnseen;  ///< C
  std::int64_t head = kUnseen, length = kUnseen, out = kUnseen, in = kUnseen;
};

/// The same of a host half.
struct HostKey {
  std::int64_t position = 0;
  Ns fetched = 0;     ///< f
  Ns used = kUnseen;  ///< u
  std::int64_t head = kUnseen, length = kUnseen, out = kUnseen, in = kUnseen;
};

/// Halves of one queue epoch in position order. Long epochs are read in part: the rest follows the same alignment and
/// is checked by the clock model, which uses every chain.
template <typename Key>
struct HalfSequence {
  QueueId queueId = kNoQueue;
  std::int64_t epoch = 0;
  bool counted = false;  ///< positions were counted (pops, packed ring), not read from a ring index
  std::string anchor;    ///< as in queue_epoch
  bool partial = false;  ///< more halves follow in the database
  bool closed = false;   ///< its epoch was seen to end, and nothing was lost before that: it has no further chains
  bool whole = false;    ///< nothing was lost between its first half and its last
  bool cut = false;      ///< something was lost after its last half, perhaps the end of the ring
  std::vector<Key> keys;
};

using GuestSequence = HalfSequence<GuestKey>;
using HostSequence = HalfSequence<HostKey>;

inline constexpr std::int64_t kMostKeys = 200'000;

/// Counted positions are only worth something between losses, so a counted epoch comes as several sequences, each
/// without a loss inside; all but the first of an anchored epoch have the anchor 'order'.
std::vector<HostSequence> readHostSequences(const Database& database, const Model& model, QueueEpoch key);
std::vector<GuestSequence> readGuestSequences(const Database& database, const Model& model, QueueEpoch key);

}  // namespace descry
