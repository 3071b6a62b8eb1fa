// SPDX-License-Identifier: GPL-2.0-or-later
// When is a chain stuck? It has to be far beyond what its queue shows otherwise, and the machine has to go on
// meanwhile.
//
// - Under a second nothing is news: a capture may end in the middle of normal work. Beyond that, a chain has to be in
//   flight for ten times the 99.9th percentile of its queue: a slow disk is slow, not stuck. 30 s are long for any
//   queue whose requests do not take half of that.
// - A queue of which fewer than 20 chains came back has no percentile to speak of. There, 10 s are long for a chain
//   that asks and is answered; other chains may wait for something.
// - A chain that came back counts where it took 100 times the median, and where few did: else that is how the queue is.
//   A wait for a notification counts from 100 ms on (kLongestNotice), because nothing works on the chain meanwhile.
// - Posted buffers (receive, event) wait for a packet and are stock, until the host has used them. A few devices keep
//   requests until something happens (kKeepers). Transmit buffers stay in the ring until the driver transmits again:
//   without the host they count only where they fill the ring, because then the driver asks for an interrupt.
// - Where events were lost, or the ring was started again, an end that was not seen may have happened.
// - A virtual machine that is paused has no chain in flight for long, whatever its clock says: in at least two of the
//   eight middle tenths of the wait its capture must have events, of whatever name. A device that has fetched a chain
//   finishes it before its machine is paused, so 10 s on the host's clock need no other event.
#include "analyzer/run/stuck_chains.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

constexpr Ns kSecond = 1'000'000'000;
constexpr Ns kLeastAge = kSecond, kLongAnywhere = 30 * kSecond, kLongWithoutUsual = 10 * kSecond;
constexpr Ns kTimesUsual = 10, kTimesMedian = 100;
constexpr Ns kLeastLate = 10'000'000;          // below it a scheduler may be all that a request waits for
constexpr std::int64_t kFewOf = 5;             // one in so many came back late, at most
constexpr std::int64_t kTransmitReserve = 19;  // the network driver stops its queue while fewer entries are free
constexpr std::int64_t kNearby = 1024;         // positions among which older chains that are in flight lie
constexpr std::size_t kMostOfQueue = 65536;    // twice what the largest ring holds
constexpr std::array<std::string_view, 5> kKeepers = {"balloon", "sound", "gpio", "input", "rng"};

void noteLate(std::map<QueueId, LateAtEndRow>& late, const StuckCandidate& chain, Ns wait, Ns usual) {
  LateAtEndRow& row = late[chain.queueId];
  ++row.chains;
  if (row.chains > 1 && row.wait >= wait) return;
  row.queueId = chain.queueId;
  row.epoch = chain.epoch;
  row.position = chain.position;
  row.wait = wait;
  row.usual = usual;
}

}  // namespace

StuckChains::StuckChains(const Database& database, const Model& model, const Pairing& pairing, const Clocks& clocks)
    : m_database(database),
      m_model(model),
      m_pairing(pairing),
      m_clocks(clocks),
      m_activity(model.queues.size()),
      m_lastFetch(model.queues.size(), kUnseen) {
  for (const CaptureRow& capture : model.captures) m_ends[capture.captureId] = capture.last;
  for (const CaptureTimeRow& time : readAll<CaptureTimeRow>(database)) {
    m_heard[time.captureId].note(time.ns);
    m_ends[time.captureId] = std::max(m_ends[time.captureId], time.ns);
  }
}

bool StuckChains::mayKeep(QueueId queueId) const {
  const auto kept = m_kept.find(queueId);
  return kept == m_kept.end() || kept->second < kMostOfQueue;
}

void StuckChains::add(const ChainRow& chain, const ChainHalves& halves, const ChainLife& life,
                      const QueueContext& context) {
  if (halves.guest != nullptr) activity(halves.guest->queueId).note(halves.guest->q);
  if (halves.host != nullptr) activity(halves.host->queueId).note(halves.host->f);
  const std::int64_t flags = halves.guest != nullptr ? halves.guest->flags : halves.host->flags;
  const bool open = !seen(life.end) && (flags & kInFlightAtEnd) != 0;
  const bool late = seen(life.end) && life.end - life.start >= kLongestNotice && (chain.flags & kSuspect) == 0;
  if ((open || late) && mayKeep(chain.queueId)) keep(chain, halves, life, context);
  if (halves.host != nullptr) lastFetch(halves.host->queueId) = halves.host->f;
}

void StuckChains::keep(const ChainRow& chain, const ChainHalves& halves, const ChainLife& life,
                       const QueueContext& context) {
  StuckCandidate& candidate = m_candidates.emplace_back();
  candidate.queueId = chain.queueId;
  candidate.epoch = chain.epoch;
  candidate.position = chain.position;
  if (halves.guest != nullptr) candidate.guest = *halves.guest;
  if (halves.host != nullptr) candidate.host = *halves.host;
  if (seen(life.shift)) {
    candidate.shift = life.shift;
    candidate.error = life.error;
  }
  if (seen(life.end)) candidate.latency = life.end - life.start;
  candidate.network = context.network || m_model.deviceOf(chain.queueId).kind == "net";
  candidate.guestInterrupts = context.guestInterrupts;
  candidate.hostDoorbells = context.hostDoorbells;
  if (halves.host != nullptr) candidate.fetchBefore = lastFetch(halves.host->queueId);
  ++m_kept[chain.queueId];
}

std::optional<StuckWait> StuckChains::waitOf(const StuckCandidate& chain) const {
  if (std::ranges::find(kKeepers, m_model.deviceOf(chain.queueId).kind) != kKeepers.end()) return std::nullopt;
  if (chain.isBack()) {
    auto wait = longestWait(chain);
    if (wait && !wait->hostSeen && cameWithTheNext(*chain.guest)) wait->isNotice = true;
    return wait;
  }
  if (chain.guest) {
    const std::int64_t captureId = m_model.captureOf(chain.guest->queueId).captureId;
    if (m_model.lossy(captureId, chain.guest->queueId, chain.guest->q, endOf(chain.guest->queueId)))
      return std::nullopt;
  }
  if (!chain.host) return sincePublication(chain);
  return seen(chain.host->u) ? sinceUsed(chain) : sinceFetch(chain);
}

/// Seen by the guest alone: nothing of the queue came back until its next doorbell, and then this chain came as fast as
/// that doorbell's own. So a doorbell or an interrupt was lost; a device that works on a chain knows no doorbell.
bool StuckChains::cameWithTheNext(const GuestHalfRow& half) const {
  const Ns asked = half.q + (seen(half.k) ? half.k : seen(half.a) ? half.a : 0), back = half.q + half.r;
  if (!seen(half.r)) return false;
  Statement next = m_database.prepare(
      "SELECT q_ns + k_ns, q_ns + r_ns FROM guest_half WHERE queue_id = ? AND epoch = ? AND position > ? AND k_ns IS "
      "NOT NULL ORDER BY position LIMIT 1");
  next.bind(0, ChainId{half.queueId, half.epoch, half.position});
  if (!next.step() || next.isNull(0) || next.isNull(1)) return false;
  const Ns rung = next.integer(0), usual = next.integer(1) - rung;
  if (rung - asked < std::max(kLongestNotice, 20 * usual) || back < rung || back - rung > 2 * usual) return false;
  Statement others = m_database.prepare(
      "SELECT 1 FROM guest_half WHERE queue_id = ? AND epoch = ? AND position BETWEEN ? AND ? AND q_ns + r_ns BETWEEN ? "
      "AND ?");
  others.bind(0, ChainId{half.queueId, half.epoch, half.position - kNearby});
  others.bind(3, half.position + kNearby);
  others.bind(4, asked + (rung - asked) / 10);
  others.bind(5, rung);
  return !others.step();
}

/// The device is done with it.
std::optional<StuckWait> StuckChains::sinceUsed(const StuckCandidate& chain) const {
  if (!chain.guest || !seen(chain.shift) || chain.isTransmit()) return std::nullopt;
  const HostHalfRow& host = *chain.host;
  StuckWait wait{.stage = seen(host.s) ? "signalled" : "used", .isNotice = true};
  wait.begin = host.f + (seen(host.s) ? host.s : host.u) + chain.shift + chain.error;
  wait.end = endOf(chain.guest->queueId);
  Statement interrupts = m_database.prepare("SELECT min(ns) FROM interrupt WHERE queue_id = ? AND ns >= ?");
  interrupts.bind(0, chain.guest->queueId);
  interrupts.bind(1, wait.begin);
  if (interrupts.step() && !interrupts.isNull(0)) {
    wait.stage = "interrupted";
    wait.begin = interrupts.integer(0);
  }
  return wait;
}

/// The device has it.
std::optional<StuckWait> StuckChains::sinceFetch(const StuckCandidate& chain) const {
  const HostHalfRow& host = *chain.host;
  if (chain.outCount() <= 0 || (host.flags & kEndUnseen) != 0) return std::nullopt;
  const Ns end = endOf(host.queueId);
  if (m_model.lossy(m_model.captureOf(host.queueId).captureId, host.queueId, host.f, end)) return std::nullopt;
  if (end - host.f >= kLeastAge || !chain.guest)
    return StuckWait{.stage = "fetched", .onHostClock = true, .begin = host.f, .end = end};
  // The host's recording ended soon after: only the guest knows that it did not come back.
  return StuckWait{.stage = "fetched",
                   .hostSeen = false,
                   .begin = seen(chain.shift) ? host.f + chain.shift : chain.guest->q,
                   .end = endOf(chain.guest->queueId)};
}

/// No host half: it was not fetched, or the host was not recorded.
std::optional<StuckWait> StuckChains::sincePublication(const StuckCandidate& chain) const {
  if (chain.outCount() <= 0) return std::nullopt;
  const GuestHalfRow& guest = *chain.guest;
  StuckWait wait{.stage = seen(guest.k) ? "rung" : "published", .hostSeen = false};
  wait.begin = guest.q + (seen(guest.k) ? guest.k : seen(guest.a) ? guest.a : 0);
  wait.end = endOf(guest.queueId);
  lookAtHost(chain, wait);
  wait.needsFullRing = chain.isTransmit() && !wait.hostSeen;
  return wait;
}

void StuckChains::lookAtHost(const StuckCandidate& chain, StuckWait& wait) const {
  const QueueId hostQueue = hostQueueWithout(*chain.guest);
  if (hostQueue == kNoQueue) return;
  const CaptureRow& host = m_model.captureOf(hostQueue);
  const auto clock = m_clocks.find({m_model.captureOf(chain.guest->queueId).captureId, host.captureId});
  if (clock == m_clocks.end()) return;
  const Ns hostEnd = endOf(hostQueue);
  const auto atEnd = clock->second->at(hostEnd);
  if (!atEnd || hostEnd + atEnd->low - wait.begin < kLeastAge) return;
  // The clocks drift: what they showed at the end is not what they showed then.
  const auto reading = clock->second->at(wait.begin - atEnd->estimate());
  if (!reading || m_model.lossy(host.captureId, hostQueue, wait.begin - reading->high, hostEnd)) return;
  wait.hostSeen = true;
  wait.isNotice = true;
  Statement doorbells = m_database.prepare("SELECT min(ns) FROM doorbell WHERE queue_id = ? AND ns >= ?");
  doorbells.bind(0, hostQueue);
  doorbells.bind(1, wait.begin - reading->high);
  if (!doorbells.step() || doorbells.isNull(0)) return;
  wait.stage = "seen";
  wait.begin = std::max(wait.begin, doorbells.integer(0) + reading->estimate());
}

/// The host queue that has certainly not fetched this chain; kNoQueue: not known.
QueueId StuckChains::hostQueueWithout(const GuestHalfRow& half) const {
  const PairSegmentRow* last = nullptr;
  for (const PairSegmentRow& segment : m_pairing.segments)
    if (segment.guestQueueId == half.queueId && segment.guestEpoch == half.epoch) last = &segment;
  if (last != nullptr) {
    if (m_model.epochsOf(last->hostQueueId).back() != last->hostEpoch) return kNoQueue;  // the ring was started again
    const std::int64_t fetched = m_model.epoch({last->hostQueueId, last->hostEpoch}).lastPosition;
    return seen(fetched) && half.position - last->shift > fetched ? last->hostQueueId : kNoQueue;
  }
  const QueueRow& guest = m_model.queue(half.queueId);
  for (const DevicePairRow& pair : m_pairing.devices) {
    if (pair.guestDeviceId != guest.deviceId) continue;
    for (const QueueRow* host : m_model.queuesOf(pair.hostDeviceId)) {
      if (!seen(guest.queueIndex) || host->queueIndex + pair.firstQueue != guest.queueIndex) continue;
      const auto epochs = m_model.epochsOf(host->queueId);
      const bool idle = std::ranges::all_of(epochs, [&](std::int64_t epoch) {
        return m_model.epoch({host->queueId, epoch}).fetches == 0;
      });
      return idle ? host->queueId : kNoQueue;
    }
  }
  return kNoQueue;
}

std::optional<Ns> StuckChains::limitOf(const StuckCandidate& chain, const StuckWait& wait,
                                       const QueueCase& queue) const {
  const Usual& usual = queue.usual;
  if (chain.isBack()) {
    if (!usual.enough() || (!wait.isNotice && queue.late * kFewOf > usual.complete)) return std::nullopt;
    return std::max(wait.isNotice ? kLongestNotice : kLeastAge, kTimesMedian * usual.median);
  }
  const std::int64_t size = m_model.queue(chain.queueId).size;
  if (wait.needsFullRing && (!seen(size) || queue.inFlight + kTransmitReserve <= size)) return std::nullopt;
  if (usual.enough())
    return std::max(kLeastAge, std::min(kTimesUsual * usual.p999, std::max(kLongAnywhere, 2 * usual.p999)));
  if (!chain.isRequest() && wait.stage != "used" && wait.stage != "signalled") return std::nullopt;
  return kLongWithoutUsual;
}

bool StuckChains::goesOn(QueueId queueId, const StuckWait& wait) {
  // Only a machine that is paused stands still, and before that its devices finish what they have fetched.
  if (wait.onHostClock && wait.stage == "fetched" && wait.length() >= kLongWithoutUsual) return true;
  const std::int64_t captureId = m_model.captureOf(queueId).captureId;
  const Ns part = wait.length() / 10;
  int active = 0;
  for (int i = 1; i < 9 && active < 2; ++i) {
    const Ns begin = wait.begin + i * part, end = begin + part;
    const auto shows = [&](const QueueRow& queue) {
      return m_model.captureOf(queue.queueId).captureId == captureId && activity(queue.queueId).any(begin, end);
    };
    active += m_heard[captureId].any(begin, end) || std::ranges::any_of(m_model.queues, shows) ? 1 : 0;
  }
  return active >= 2;
}

/// With an ioeventfd QEMU traces a doorbell where the serving thread reads it. Then only the thread's work for other
/// queues of the device tells that it would have come.
bool StuckChains::showsDoorbells(const StuckCandidate& chain, const StuckWait& wait) {
  const QueueId hostQueue = chain.host ? chain.host->queueId : chain.guest ? hostQueueWithout(*chain.guest) : kNoQueue;
  if (hostQueue == kNoQueue) return false;
  const DeviceRow& device = m_model.deviceOf(hostQueue);
  if (m_model.covers(device.captureId, "HostRecord") || m_model.covers(device.captureId, "VhostKick")) return true;
  if (!m_model.covers(device.captureId, "QemuNotify")) return false;
  const Ns shift = seen(chain.shift) ? chain.shift : 0;
  for (const QueueRow* queue : m_model.queuesOf(device.deviceId)) {
    for (const std::int64_t epoch : m_model.epochsOf(queue->queueId))
      if (m_model.epoch({queue->queueId, epoch}).doorbellsOtherThread > 0) return true;
    if (queue->queueId != hostQueue && activity(queue->queueId).any(wait.begin - shift, wait.end - shift)) return true;
  }
  return false;
}

std::map<QueueId, StuckChains::QueueCase> StuckChains::casesOf(const std::vector<std::optional<StuckWait>>& waits,
                                                               const CauseAggregator& latencies) const {
  std::map<QueueId, QueueCase> queues;
  for (std::size_t i = 0; i < m_candidates.size(); ++i) {
    const StuckCandidate& chain = m_candidates[i];
    QueueCase& queue = queues[chain.queueId];
    queue.inFlight += chain.isBack() ? 0 : 1;
    queue.late += chain.isBack() && waits[i] && !waits[i]->isNotice && waits[i]->length() >= kLeastAge ? 1 : 0;
  }
  for (auto& [queueId, queue] : queues) {
    const Histogram* histogram = latencies.latenciesOf(queueId);
    if (histogram == nullptr) continue;
    const std::uint64_t count = histogram->count();
    queue.usual = {static_cast<std::int64_t>(count), histogram->valueAt(rankOf(count, 500)),
                   histogram->valueAt(rankOf(count, 999))};
  }
  return queues;
}

StuckChainRow StuckChains::rowOf(const StuckCandidate& chain, const StuckWait& wait, const Usual& usual) {
  StuckChainRow row;
  row.queueId = chain.queueId;
  row.epoch = chain.epoch;
  row.position = chain.position;
  row.stage = wait.stage;
  row.hostSeen = wait.hostSeen ? 1 : 0;
  row.bellsShown = wait.hostSeen && showsDoorbells(chain, wait) ? 1 : 0;
  row.back = chain.isBack() ? 1 : 0;
  row.suppressed = chain.guest && (chain.guest->flags & kDoorbellSuppressed) != 0 && !seen(chain.guest->k) ? 1 : 0;
  row.notice = wait.isNotice ? 1 : 0;
  row.wait = wait.length();
  // A posted buffer is stock until it is used.
  row.age = chain.isBack()                     ? chain.latency
            : chain.guest && !chain.isPosted() ? endOf(chain.queueId) - chain.guest->q
                                               : row.wait;
  if (usual.enough()) row.usual = usual.p999;
  return row;
}

bool StuckChains::Usual::isFarBeyond(Ns wait) const {
  return enough() && wait >= std::max(kLeastLate, kTimesUsual * p999);
}

StuckRows StuckChains::judge(const CauseAggregator& latencies) {
  std::vector<std::optional<StuckWait>> waits;
  for (const StuckCandidate& chain : m_candidates) waits.push_back(waitOf(chain));
  const auto queues = casesOf(waits, latencies);
  StuckRows rows;
  std::map<QueueId, LateAtEndRow> lateAtEnd;
  for (std::size_t i = 0; i < m_candidates.size(); ++i) {
    const StuckCandidate& chain = m_candidates[i];
    const auto& wait = waits[i];
    if (!wait) continue;
    const QueueCase& queue = queues.at(chain.queueId);
    const auto limit = limitOf(chain, *wait, queue);
    const QueueId clockOf = wait->onHostClock ? chain.host->queueId : chain.queueId;
    if (limit && wait->length() >= *limit && goesOn(clockOf, *wait))
      rows.stuck.push_back(rowOf(chain, *wait, queue.usual));
    else if (limit && !chain.isBack() && chain.isRequest() && queue.usual.isFarBeyond(wait->length()))
      noteLate(lateAtEnd, chain, wait->length(), queue.usual.p999);
  }
  for (const StuckChainRow& row : rows.stuck) lateAtEnd.erase(row.queueId);  // told already
  for (auto& [queueId, row] : lateAtEnd) rows.lateAtEnd.push_back(row);
  // By key: a queue may have chains that only the host saw between those of both sides.
  std::ranges::sort(rows.stuck, {},
                    [](const StuckChainRow& row) { return std::tuple(row.queueId, row.epoch, row.position); });
  return rows;
}

}  // namespace descry
