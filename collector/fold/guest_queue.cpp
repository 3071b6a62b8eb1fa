// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/guest_queue.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

// Slots of Frame::values in an add frame; guest_fold.cpp fills them.
constexpr std::size_t kToken = 0, kAvail = 1, kHead = 2, kCounts = 3, kSlot = 4;

Ns offset(Ns ns, Ns from) {
  return seen(ns) ? ns - from : kUnseen;
}

std::int64_t orUnseen(std::int64_t count) {
  return count != 0 ? count : kUnseen;
}

}  // namespace

GuestQueue::GuestQueue(FactStore& store, std::int64_t captureId, QueueId queueId)
    : m_store(store), m_captureId(captureId), m_queueId(queueId) {
  m_epoch.queueId = queueId;
}

GuestQueue::HalfId GuestQueue::newHalf() {
  if (m_free.empty()) {
    m_halves.emplace_back();
    return static_cast<HalfId>(m_halves.size() - 1);
  }
  const HalfId id = m_free.back();
  m_free.pop_back();
  m_halves[id] = Half{};
  return id;
}

void GuestQueue::trackAvail(std::uint64_t avail, Ns ns) {
  if (avail == kNoValue) {
    countFromNow(ns);
    m_hasAvail = false;
    return;
  }
  const auto index = static_cast<std::uint16_t>(avail);
  const std::int64_t before = m_avail.position();
  switch (m_avail.advance(index)) {
    case PositionCounter::Step::Gap:
      if (m_packed || !m_layoutKnown) break;  // this index means nothing on a packed ring
      ++m_epoch.positionGaps;
      m_store.addLoss({.captureId = m_captureId,
                       .queueId = m_queueId,
                       .begin = m_lastGet,
                       .end = ns,
                       .count = m_avail.position() - before - 1,
                       .reason = "gap"});
      break;
    case PositionCounter::Step::Restart:
      // The index of a split ring never stands still or goes back while it is being filled for the first time.
      if (!m_layoutKnown && !m_packed) {
        countFromNow(ns);
        m_packed = true;
      }
      if (m_packed) break;
      closeEpoch(ns, kEndUnseen);
      beginEpoch(ns, false);
      m_avail.advance(index);
      break;
    case PositionCounter::Step::First:
    case PositionCounter::Step::Next:
      break;
  }
}

void GuestQueue::trackSlot(std::uint64_t slot, Ns ns) {
  const std::uint64_t last = std::exchange(m_lastSlot, slot);
  if (slot == kNoValue || last == kNoValue || !m_packed) return;
  if (slot < last && m_ringSize == 0) return;
  const std::uint64_t step = slot >= last ? slot - last : slot + m_ringSize - last;
  if (step == 1) {
    // The steps that follow show what the jump before them was.
    if (++m_unitSteps == kManyUnitSteps && m_jump) m_store.addLoss(*std::exchange(m_jump, std::nullopt));
    return;
  }
  // Chains are counted on a packed ring: what was added unseen shifts all that follow.
  m_jump = LossRow{.captureId = m_captureId,
                   .queueId = m_queueId,
                   .begin = m_lastAdd,
                   .end = ns,
                   .count = static_cast<std::int64_t>(step) - 1,
                   .reason = "gap"};
  if (std::exchange(m_unitSteps, 0) >= kManyUnitSteps) m_store.addLoss(*std::exchange(m_jump, std::nullopt));
}

void GuestQueue::added(const Frame& frame, Ns returned, bool returnSeen) {
  withdrawDoubtful(frame.values[kAvail]);
  trackAvail(frame.values[kAvail], frame.entered);
  trackSlot(frame.values[kSlot], frame.entered);
  m_lastAdd = frame.entered;
  const std::uint64_t token = frame.values[kToken];
  if (const auto old = m_outstanding.find(token); old != m_outstanding.end()) {
    // A driver cannot publish the same request twice: it got it back in between, and no probe saw that.
    ++m_epoch.unseenGets;
    const HalfId id = old->second;
    m_outstanding.erase(old);
    write(id, kEndUnseen);
  }
  const HalfId id = newHalf();
  Half& half = m_halves[id];
  half.token = token;
  half.order = m_order++;
  half.unwrapped = m_avail.position();
  GuestHalfRow& row = half.row;
  row.queueId = m_queueId;
  row.epoch = m_epoch.epoch;
  row.q = frame.entered;
  row.m = offset(frame.lastMapped, row.q);
  row.a = returnSeen ? returned - row.q : kUnseen;
  row.flags = returnSeen || frame.noReturn ? std::int64_t{0} : std::int64_t{kAddReturnUnseen};
  row.head = frame.values[kHead] == kNoValue ? kUnseen : static_cast<std::int64_t>(frame.values[kHead]);
  if (frame.values[kCounts] != kNoValue) {
    row.outCount = static_cast<std::int64_t>(frame.values[kCounts] >> 32U);
    row.inCount = static_cast<std::int64_t>(frame.values[kCounts] & 0xffffffffU);
  }
  if (frame.swiotlbSeen) {
    row.swiotlbOut = frame.swiotlb;
    if (frame.copies != 0) row.swiotlbSearch = frame.swiotlb - frame.swiotlbCopy;
  }
  row.bounces = orUnseen(frame.bounces);
  row.bounceBytes = orUnseen(frame.bounceBytes);
  if (frame.iommuSeen) row.iommuMap = frame.iommu;
  row.dmaMaps = orUnseen(frame.dmaMaps);
  row.dmaIdentity = orUnseen(frame.dmaIdentity);
  row.hits = frame.hits;
  if (!m_refused.empty() && m_refused.erase(token) != 0) ++m_epoch.retriedAdds;
  ++m_epoch.adds;
  m_epoch.bounces += frame.bounces;
  m_epoch.bounceBytes += frame.bounceBytes;
  m_outstanding.emplace(token, id);
  m_undecided.push_back(id);
  if (!returnSeen && !frame.noReturn) m_doubtful = id;
}

void GuestQueue::addFailed(const Frame& frame, std::int32_t result) {
  ++m_epoch.failedAdds;
  if (result == -ENOSPC) ++m_epoch.fullAdds;
  if (result == -ENOMEM || result == -EIO) ++m_epoch.unmappedAdds;
  if (m_refused.size() >= kMostRefused) m_refused.clear();
  if (!m_refused.insert(frame.values[kToken]).second) ++m_epoch.retriedAdds;
}

void GuestQueue::doorbellConsidered(bool packed, std::uint64_t size, Ns ns) {
  m_ringSize = size;
  if (!std::exchange(m_layoutKnown, true)) {  // a ring keeps its layout
    if (m_packed && !packed) {
      // The index stood still because the ring was restarted, not because it is packed.
      closeEpoch(ns, kEndUnseen);
      beginEpoch(ns, false);
    }
    if (packed && !m_packed) countFromNow(ns);
    m_packed = packed;
  }
  ++m_epoch.doorbellDecisions;
}

void GuestQueue::doorbellDecided(bool needed, std::int64_t task) {
  const std::vector<HalfId> decided = std::exchange(m_undecided, {});
  if (needed) {
    ++m_epoch.doorbellsNeeded;
    std::vector<HalfId>& waiting = m_decided[task];
    waiting.insert(waiting.end(), decided.begin(), decided.end());
    return;
  }
  for (const HalfId id : decided) {
    m_halves[id].row.flags |= kDoorbellSuppressed;
    if (m_halves[id].finished) write(id, 0);
  }
}

void GuestQueue::notified(Ns ns, std::int64_t task) {
  ++m_epoch.doorbellsRung;
  doorbellReturned(kUnseen, task);  // in case the last call's return was lost
  // Without a recorded decision (the probe is missing) the doorbell covers everything published so far.
  std::vector<HalfId> covered = std::exchange(m_decided[task], {});
  if (covered.empty()) covered = std::exchange(m_undecided, {});
  if (covered.empty()) m_store.doorbells.add({.queueId = m_queueId, .ns = ns, .seq = m_store.nextSequence()});
  for (const HalfId id : covered) {
    Half& half = m_halves[id];
    half.row.k = ns - half.row.q;
    half.inDoorbell = true;
  }
  m_inDoorbell[task] = std::move(covered);
}

void GuestQueue::doorbellReturned(Ns ns, std::int64_t task) {
  const auto rung = m_inDoorbell.find(task);
  if (rung == m_inDoorbell.end()) return;
  const std::vector<HalfId> covered = std::exchange(rung->second, {});
  m_inDoorbell.erase(rung);
  for (const HalfId id : covered) {
    Half& half = m_halves[id];
    half.inDoorbell = false;
    half.row.kReturn = offset(ns, half.row.q);
    if (half.finished) write(id, 0);
  }
}

void GuestQueue::interrupted(Ns ns) {
  ++m_epoch.interrupts;
  consumeInterrupt();
  m_interrupt = ns;
  m_interruptServed = false;
}

void GuestQueue::consumeInterrupt() {
  if (seen(m_interrupt) && !m_interruptServed)
    m_store.interrupts.add({.queueId = m_queueId, .ns = m_interrupt, .seq = m_store.nextSequence()});
  m_interrupt = kUnseen;
}

void GuestQueue::gotNothing(Ns entered) {
  ++m_epoch.emptyGets;
  // The handler found the ring empty: what comes back later was not announced by the interrupt before.
  if (seen(m_interrupt) && m_interrupt <= entered) consumeInterrupt();
}

void GuestQueue::checkUsedIndex(std::int64_t used, Ns ns) {
  if (!seen(used) || m_packed) return;
  if (m_expectedUsed >= 0 && used != m_expectedUsed) {
    const auto missed = static_cast<std::uint16_t>(used - m_expectedUsed);
    m_store.anomaly("gets-unseen", Doubt::Warning, m_captureId, m_queueId, ns,
                    fmt::format("the used index went from {} to {}: {} reaped unseen", m_expectedUsed, used,
                                countText(missed, "chain was", "chains were")));
    m_store.addLoss({.captureId = m_captureId,
                     .queueId = m_queueId,
                     .begin = m_lastGet,
                     .end = ns,
                     .count = missed,
                     .reason = "gap"});
  }
  m_expectedUsed = (used + 1) & 0xffff;
}

void GuestQueue::got(const Frame& frame, Ns returned, std::uint64_t token, std::int64_t used, std::int64_t length) {
  ++m_epoch.gets;
  m_epoch.copiesInGet += frame.copies;
  m_epoch.copyBytesInGet += frame.copyBytes;
  checkUsedIndex(used, returned);
  m_lastGet = returned;
  const auto found = m_outstanding.find(token);
  if (found == m_outstanding.end() || returned < m_halves[found->second].row.q) {
    ++m_epoch.getsWithoutAdd;
    return;
  }
  const HalfId id = found->second;
  m_outstanding.erase(found);
  Half& half = m_halves[id];
  GuestHalfRow& row = half.row;
  if (seen(frame.interrupt) && frame.interrupt > row.q) {
    row.i = frame.interrupt - row.q;
    m_interruptServed |= frame.interrupt == m_interrupt;
  }
  row.d = offset(frame.firstUnmap, row.q);
  row.r = row.c = returned - row.q;
  row.lengthBytes = length;
  if (frame.swiotlbSeen) row.swiotlbIn = frame.swiotlb;
  row.copiesBack = orUnseen(frame.copies);
  row.copyBackBytes = orUnseen(frame.copyBytes);
  if (frame.iommuSeen) row.iommuUnmap = frame.iommu;
  row.hits += frame.hits + 1;
  half.finished = true;
  // A chain may be back before its doorbell call returned, or before the driver decided on one: wait for that.
  const bool decided = seen(row.k) || (row.flags & kDoorbellSuppressed) != 0;
  if (decided && !half.inDoorbell) write(id, 0);
  if (m_undecided.size() > kMostUndecided) giveUpOnDoorbells();
}

void GuestQueue::giveUpOnDoorbells() {
  const std::vector<HalfId> undecided = std::exchange(m_undecided, {});
  for (const HalfId id : undecided) {
    if (m_halves[id].finished)
      write(id, 0);
    else
      m_undecided.push_back(id);
  }
}

void GuestQueue::write(HalfId id, std::int64_t extraFlags) {
  Half& half = m_halves[id];
  half.row.flags |= extraFlags;
  half.row.position = countsPositions() ? half.order : half.unwrapped;
  if (!seen(m_epoch.firstPosition) || half.row.position < m_epoch.firstPosition)
    m_epoch.firstPosition = half.row.position;
  if (!seen(m_epoch.lastPosition) || half.row.position > m_epoch.lastPosition) m_epoch.lastPosition = half.row.position;
  m_store.guestHalves.add(half.row);
  forget(id);
}

void GuestQueue::forget(HalfId id) {
  std::erase(m_undecided, id);
  for (auto* sets : {&m_decided, &m_inDoorbell})
    for (auto& [task, halves] : *sets) std::erase(halves, id);
  if (m_doubtful == id) m_doubtful = kNoHalf;
  m_free.push_back(id);
}

void GuestQueue::withdrawDoubtful(std::uint64_t avail) {
  if (m_doubtful == kNoHalf || avail == kNoValue) return;
  // The same index again: the add whose return was lost had failed and published nothing.
  const HalfId id = m_doubtful;
  m_doubtful = kNoHalf;
  const Half& half = m_halves[id];
  if (m_packed || static_cast<std::uint16_t>(half.unwrapped) != static_cast<std::uint16_t>(avail)) return;
  m_avail.set(half.unwrapped - 1);
  m_outstanding.erase(half.token);
  --m_order;
  --m_epoch.adds;
  ++m_epoch.failedAdds;
  forget(id);
}

void GuestQueue::countFromNow(Ns ns) {
  // Halves that were written with a ring index and counted ones must not share their numbers.
  if (countsPositions() || !seen(m_epoch.firstPosition)) return;
  closeEpoch(ns, kEndUnseen);
  beginEpoch(ns, false);
}

void GuestQueue::beginEpoch(Ns ns, bool startSeen) {
  const std::int64_t next = m_epoch.epoch + 1;
  m_epoch = QueueEpochRow{};
  m_epoch.queueId = m_queueId;
  m_epoch.epoch = next;
  m_epoch.start = ns;
  m_startSeen = startSeen;
  m_avail.restart();
  m_order = 0;
  m_lastSlot = kNoValue;
  m_unitSteps = 0;
  m_jump.reset();
  m_expectedUsed = -1;
}

void GuestQueue::closeEpoch(Ns ns, std::int64_t halfFlag) {
  while (!m_inDoorbell.empty()) doorbellReturned(kUnseen, m_inDoorbell.begin()->first);
  consumeInterrupt();
  std::vector<HalfId> open;
  for (HalfId id = 0; id < m_halves.size(); ++id) open.push_back(id);
  for (const HalfId free : m_free) open[free] = ~HalfId{0};
  for (const HalfId id : open)
    if (id != ~HalfId{0}) write(id, m_halves[id].finished ? 0 : halfFlag);
  m_outstanding.clear();
  m_undecided.clear();
  m_decided.clear();
  m_epoch.end = ns;
  m_epoch.anchor = !countsPositions() ? "ring" : m_startSeen ? "start" : "order";
  if (m_packed) m_epoch.positionGaps = 0;
  m_store.epochs.push_back(m_epoch);
}

void GuestQueue::deleted(Ns ns) {
  closeEpoch(ns, kEndUnseen);
  beginEpoch(ns, true);
}

void GuestQueue::finish(Ns ns) {
  const bool untouched = m_epoch.epoch > 0 && m_epoch.adds == 0 && m_epoch.gets == 0 && m_epoch.interrupts == 0;
  if (untouched) return;  // deleted and never set up again
  closeEpoch(ns, kInFlightAtEnd);
  m_store.epochs.back().end = kUnseen;
}

}  // namespace descry
