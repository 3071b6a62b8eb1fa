// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/facts/fact_store.hpp"
#include "collector/fold/position_counter.hpp"
#include "collector/fold/task_stack.hpp"

// From hits on a driver's functions to halves of chains.
//
// Probes fire on add, get, doorbell and interrupt, each on its own; nothing in a hit names a chain but the driver's
// token (a pointer that add takes and get returns) and the ring index. The queue keeps what is under way in three
// places, and a half is in each of them at most once:
//
//   m_outstanding            token -> half       from add to get
//   m_undecided              added, and the driver did not decide on a doorbell yet
//   m_decided, m_inDoorbell  by task: a doorbell is needed, or is being rung. Doorbells are rung outside the queue's
//                            lock, so two tasks can be in theirs at once, each for the chains it decided on
//
//       add a    add b    decided: yes    add c    doorbell ------ returns    get b    get a
//       a undecided       a b decided     c undecided   a b: K     a b done   b written a written
//
// A half is written when nothing more can be learnt about it: it came back, and its doorbell returned or was not
// needed. A fast device gives a chain back while the doorbell call still runs, so `finished` and `inDoorbell` decide
// together, whichever ends last.
//
// Positions are unwrapped ring indices on a split ring and counts of adds on a packed one. Which of them it is may show
// late (an index that stands still, or the doorbell's own probe): then the epoch is closed and another one begins,
// because two ways to count must never share an epoch.
//
// Everything can be missing, and what is missing is said rather than guessed:
//   - the return of an add (m_doubtful): if the next add reads the same index, the first one had failed and is
//     withdrawn; if not, it was published and only A is unknown;
//   - a get: the token is added again while it is outstanding, so the older half ends as kEndUnseen;
//   - gets in a row: the used index jumps, a loss range says so;
//   - an add: the avail index jumps, a gap in the positions;
//   - the decision: the doorbell covers all chains added so far; no doorbell either: after 32768 reaped chains the
//     driver does not wait for one any longer.
//
// Invariant: each add that did not fail becomes exactly one row of guest_half, at the latest in finish(), and positions
// within an epoch are unique.

namespace descry {

/// One virtqueue as its guest driver's probes show it: keeps the chains that are under way and writes each half when
/// nothing more can be learnt about it. All times are relative to the capture's origin.
class GuestQueue {
 public:
  GuestQueue(FactStore& store, std::int64_t captureId, QueueId queueId);

  QueueId queueId() const { return m_queueId; }

  void added(const Frame& frame, Ns returned, bool returnSeen);
  /// `result`: the negative error number that the add returned.
  void addFailed(const Frame& frame, std::int32_t result);
  /// `task` tells concurrent callers apart: doorbells are rung outside of the queue's lock.
  void doorbellDecided(bool needed, std::int64_t task);
  /// `size` of the ring; 0: not known.
  void doorbellConsidered(bool packed, std::uint64_t size, Ns ns);
  void notified(Ns ns, std::int64_t task);
  void doorbellReturned(Ns ns, std::int64_t task);
  void interrupted(Ns ns);
  /// The latest interrupt whose handler has not found the ring empty yet. One that comes while a get is running did not
  /// bring that get about.
  Ns pendingInterrupt() const { return m_interrupt; }
  void got(const Frame& frame, Ns returned, std::uint64_t token, std::int64_t used, std::int64_t length);
  void gotNothing(Ns entered);
  void deleted(Ns ns);
  /// End of the capture: what is still under way is written as in flight.
  void finish(Ns ns);

 private:
  /// Reaped chains that may wait for a doorbell decision: more than any ring holds means that they are not recorded.
  static constexpr std::size_t kMostUndecided = 32768;
  /// Requests that wait to be tried again: more are given up, as packets are.
  static constexpr std::size_t kMostRefused = 4096;
  /// So many adds of one slot each, one after the other, mean that chains are indirect: every chain takes one.
  static constexpr std::int64_t kManyUnitSteps = 4;

  struct Half {
    GuestHalfRow row;
    std::int64_t order = 0;      ///< count of adds in this epoch: the position of a packed ring
    std::int64_t unwrapped = 0;  ///< unwrapped avail index: the position of a split ring
    std::uint64_t token = 0;
    bool finished = false;  ///< got: only the doorbell's return is still awaited
    bool inDoorbell = false;
  };
  using HalfId = std::uint32_t;
  static constexpr HalfId kNoHalf = ~HalfId{0};

  HalfId newHalf();
  void forget(HalfId id);
  void withdrawDoubtful(std::uint64_t avail);
  void write(HalfId id, std::int64_t extraFlags);
  void countFromNow(Ns ns);
  void beginEpoch(Ns ns, bool startSeen);
  void closeEpoch(Ns ns, std::int64_t halfFlag);
  void trackAvail(std::uint64_t avail, Ns ns);
  void trackSlot(std::uint64_t slot, Ns ns);
  void checkUsedIndex(std::int64_t used, Ns ns);
  void consumeInterrupt();
  void giveUpOnDoorbells();
  bool countsPositions() const { return m_packed || !m_hasAvail; }

  FactStore& m_store;
  std::int64_t m_captureId;
  QueueId m_queueId;
  QueueEpochRow m_epoch;
  PositionCounter m_avail;
  bool m_packed = false, m_layoutKnown = false, m_hasAvail = true;
  bool m_startSeen = false;
  std::int64_t m_order = 0;
  std::uint64_t m_ringSize = 0, m_lastSlot = ~std::uint64_t{0};
  std::int64_t m_unitSteps = 0;   ///< adds that moved the packed ring's next slot by one
  std::optional<LossRow> m_jump;  ///< of the slot before those: adds that no probe saw, or a chain of several slots

  std::vector<Half> m_halves;
  std::vector<HalfId> m_free;
  std::unordered_map<std::uint64_t, HalfId> m_outstanding;  ///< by token
  std::unordered_set<std::uint64_t> m_refused;              ///< tokens whose last add failed
  std::vector<HalfId> m_undecided;
  std::unordered_map<std::int64_t, std::vector<HalfId>> m_decided, m_inDoorbell;  ///< by task
  HalfId m_doubtful = kNoHalf;  ///< last chain, when its add was not seen to return
  Ns m_interrupt = kUnseen;
  bool m_interruptServed = false;
  std::int64_t m_expectedUsed = -1;
  Ns m_lastGet = 0, m_lastAdd = 0;
};

}  // namespace descry
