// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "gui/data/case.hpp"
#include "gui/timeline/viewport.hpp"

namespace descry::gui {

/// What began in a stretch of time: one row of the pyramid.
struct TileBucket {
  Ns begin = 0, end = 0;
  std::int64_t chains = 0, incomplete = 0, suspect = 0;
  std::array<Ns, kCauses> causes{};
  Ns worst = 0;
  ChainKey worstChain;
};

/// One chain with its points.
struct TileChain {
  ChainKey key;
  Ns start = 0, begin = 0, total = kUnseen;  ///< on the axis
  std::array<Ns, kPoints> at{};              ///< on the axis; kUnseen: not seen
  std::array<Ns, kCauses> causes{};
  std::int64_t flags = 0;
  Ns error = kUnseen;
  Ns end() const { return seen(total) ? begin + total : lastPoint(); }
  Ns lastPoint() const;
};

enum class MarkKind : std::uint8_t { Doorbell, Interrupt, Miss, Update, Invalidate };

struct TileMark {
  MarkKind kind{};
  Ns at = 0;
  bool onHost = false;
  std::uint64_t iova = 0;
  std::int64_t bytes = kUnseen;
  Ns length = 0;  ///< of a miss: until the queue came past it
};

struct TileLane {
  std::int64_t queueId = 0;
  bool near = false;                ///< chains, else buckets
  std::vector<TileBucket> buckets;  ///< in the order of time
  std::vector<TileChain> chains;    ///< in the order of their keys
  std::vector<TileMark> marks;
  int depth = 1;  ///< chains side by side: 1, 2, 4 or 8
};

/// A stretch of the timeline of some queues, read once and never changed.
struct Tile {
  TimeRange range;
  double nsPerPixel = 1;
  std::vector<TileLane> lanes;

  const TileLane* lane(std::int64_t queueId) const;
  /// True when it has what the viewport shows, about as finely as it could be.
  bool serves(const Viewport& viewport) const;
};

/// The tile to ask for, so that panning a whole width needs no other one.
TimeRange tileRange(const Viewport& viewport);

/// Reads a stretch of these queues. Chains where there are at most a few per pixel, else the pyramid's buckets.
Tile readTile(const Database& database, const Case& all, const std::vector<std::int64_t>& queues,
              const TimeRange& range, double nsPerPixel);

}  // namespace descry::gui
