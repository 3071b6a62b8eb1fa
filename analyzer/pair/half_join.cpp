// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/half_join.hpp"

#include <fmt/format.h>

#include <limits>
#include <vector>

namespace descry {

namespace {

std::string clauseFor(QueueEpoch key) {
  return fmt::format("WHERE queue_id = {} AND epoch = {} ORDER BY position", key.first, key.second);
}

/// An add that was not seen to return may have failed, and a return across a loss may be that of a later add. Then
/// another chain has its position; that it came back shows that it was on the ring.
bool mayBeAbsent(const Model& model, const GuestHalfRow& guest) {
  if (seen(guest.r)) return false;
  if ((guest.flags & kAddReturnUnseen) != 0) return true;
  return seen(guest.a) && model.discarded(model.captureOf(guest.queueId).captureId, guest.q, guest.q + guest.a);
}

}  // namespace

/// The host halves of one epoch, one after the other.
class HalfJoin::Cursor {
 public:
  Cursor(const Database& database, QueueEpoch key) : m_rows(database, clauseFor(key)) { next(); }

  bool valid() const { return m_valid; }
  const HostHalfRow& row() const { return m_row; }
  void next() { m_valid = m_rows.next(m_row); }

  /// Passes over everything before `position`.
  void skipTo(std::int64_t position, const OnHostOnly& onHostOnly) {
    while (m_valid && m_row.position < position) {
      if (onHostOnly) onHostOnly(m_row);
      next();
    }
  }

 private:
  TableReader<HostHalfRow> m_rows;
  HostHalfRow m_row;
  bool m_valid = false;
};

HalfJoin::HalfJoin(const Database& database, const Model& model, Pairing& pairing)
    : m_database(database), m_model(model), m_pairing(pairing) {}

HalfJoin::~HalfJoin() = default;

HalfJoin::Cursor& HalfJoin::cursorOf(QueueEpoch key) {
  std::unique_ptr<Cursor>& cursor = m_cursors[key];
  if (!cursor) cursor = std::make_unique<Cursor>(m_database, key);
  return *cursor;
}

void HalfJoin::guestEpoch(QueueEpoch key, const OnGuest& onGuest, const OnHostOnly& onHostOnly) {
  std::vector<PairSegmentRow*> segments;
  for (PairSegmentRow& segment : m_pairing.segments)
    if (segment.guestQueueId == key.first && segment.guestEpoch == key.second) segments.push_back(&segment);
  if (segments.empty() && !onHostOnly) return;
  auto segment = segments.begin();
  TableReader<GuestHalfRow> guests(m_database, clauseFor(key));
  for (GuestHalfRow guest; guests.next(guest);) {
    while (segment != segments.end() && (*segment)->lastPosition < guest.position) ++segment;
    if (segment == segments.end() || guest.position < (*segment)->firstPosition || mayBeAbsent(m_model, guest)) {
      onGuest(guest, nullptr, nullptr);
      continue;
    }
    Cursor& host = cursorOf({(*segment)->hostQueueId, (*segment)->hostEpoch});
    const std::int64_t hostPosition = guest.position - (*segment)->shift;
    host.skipTo(hostPosition, onHostOnly);
    const bool met = host.valid() && host.row().position == hostPosition;
    onGuest(guest, met ? &host.row() : nullptr, met ? *segment : nullptr);
    if (met) host.next();
  }
}

void HalfJoin::run(const OnGuest& onGuest, const OnHostOnly& onHostOnly) {
  for (const auto& [key, epoch] : m_model.epochs)
    if (m_model.isGuest(key.first)) guestEpoch(key, onGuest, onHostOnly);
  if (!onHostOnly) return;
  for (const auto& [key, epoch] : m_model.epochs)
    if (!m_model.isGuest(key.first)) cursorOf(key).skipTo(std::numeric_limits<std::int64_t>::max(), onHostOnly);
}

}  // namespace descry
