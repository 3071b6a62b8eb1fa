// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "gui/data/case.hpp"
#include "gui/data/selection.hpp"
#include "gui/data/viewport.hpp"

namespace descry::gui {

/// What began in a stretch of time: one row of the pyramid.
struct TileBucket {
  Ns begin = 0, end = 0;
  std::int64_t chains = 0, incomplete = 0, suspect = 0;
  std::array<Ns, kCauses> causes{};
  Ns worst = 0;
  ChainId worstChain;
};

/// One chain with its points.
struct TileChain {
  ChainId key;
  Ns start = 0, begin = 0, total = kUnseen;  ///< on the axis
  std::array<Ns, kPoints> at{};              ///< on the axis; kUnseen: not seen
  std::array<Ns, kCauses> causes{};
  std::vector<CauseSpan> spans;  ///< where in its life each cause lies, on the axis; empty: no end was seen
  std::int64_t flags = 0;
  Ns error = kUnseen;
  bool fits = true;  ///< is one of those that the tile was narrowed to
  int row = 0;       ///< of the lane: chains of one row follow each other, up to kMostRows that are in flight together
  Ns end() const { return seen(total) ? begin + total : lastPoint(); }
  Ns lastPoint() const;
};

enum class MarkKind : std::uint8_t { Doorbell, Interrupt, Bounce, Miss, Update, Invalidate };

struct TileMark {
  MarkKind kind{};
  Ns at = 0;
  bool onHost = false;
  std::uint64_t iova = 0;
  std::int64_t bytes = kUnseen;
  Ns length = 0;  ///< of a miss: until the queue came past it; of a bounce: the time it took
};

inline constexpr int kMostRows = 32;

struct TileLane {
  QueueId queueId = kNoQueue;
  bool near = false;                ///< chains, else buckets
  int level = 0;                    ///< of the buckets: each is 2^level ns long
  std::vector<TileBucket> buckets;  ///< in the order of time
  std::vector<TileBucket> fitting;  ///< the same of the chains that the tile was narrowed to
  std::vector<TileChain> chains;    ///< in the order of their keys
  std::vector<TileMark> marks;
  int rows = 1;  ///< as many as chains are in flight together, rounded up to 2^n, at most kMostRows
};

/// A stretch of the timeline of some queues, read once and never changed.
struct Tile {
  TimeRange range;
  double nsPerPixel = 1;
  std::vector<TileLane> lanes;
  Selection narrowedBy;  ///< a narrowing(); nothing: every chain fits

  const TileLane* lane(QueueId queueId) const;
  /// True when it has what the viewport shows, about as finely as it could be.
  bool serves(const Viewport& viewport) const;
};

/// The tile to ask for, so that panning a whole width needs no other one.
TimeRange tileRange(const Viewport& viewport);

/// Reads a stretch of these queues. Chains where there are at most a few per pixel, else the pyramid's buckets.
Tile readTile(const Database& database, const Case& all, const std::vector<QueueId>& queues, const TimeRange& range,
              double nsPerPixel);

/// The part of a selection by which a tile is narrowed: condition, latency, side. Queues, time and causes are drawn
/// without a look at every chain.
Selection narrowing(const Selection& selection);

/// Marks what of a tile fits a narrowing(). Looks at every chain of its range.
void narrowTile(const Database& database, const Case& all, const Selection& wanted, Tile& tile);

}  // namespace descry::gui
