// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/clock/stored_clock.hpp"

#include <algorithm>
#include <cmath>

namespace descry {

namespace {

constexpr double kBillion = 1e9;

Ns middleOf(const ClockSegmentRow& row) {
  return row.begin + (row.end - row.begin) / 2;
}

}  // namespace

ClockSegmentRow storedSegment(const ClockSegment& segment, bool failed, Ns origins) {
  ClockSegmentRow row;
  row.begin = segment.begin();
  row.end = segment.end();
  row.constraints = segment.constraints();
  row.quality = failed ? "fail" : segment.quality();
  row.driftPpb = std::llround((segment.minDrift() + segment.maxDrift()) / 2 * kBillion);
  row.driftErrorPpb = std::llround(std::ceil((segment.maxDrift() - segment.minDrift()) / 2 * kBillion));
  if (!segment.bounded()) return row;
  const ClockReading middle = segment.at(middleOf(row));
  row.offset = middle.estimate() + origins;
  row.error = std::max({middle.error(), segment.at(row.begin).error(), segment.at(row.end).error()});
  return row;
}

void StoredClock::add(const ClockSegmentRow& row, Ns origins) {
  if (row.quality == "absent" || row.quality == "incomplete") return;
  const Piece piece{row.begin, middleOf(row), row.offset - origins, row.error,
                    static_cast<double>(row.driftPpb) / kBillion};
  const auto after = std::upper_bound(m_pieces.begin(), m_pieces.end(), piece,
                                      [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
  m_pieces.insert(after, piece);
}

Ns StoredClock::Piece::toGuest(Ns host) const {
  return host + offset + std::llround(drift * static_cast<double>(host - middle));
}

Ns StoredClock::toGuest(Ns host) const {
  const Piece* piece = &m_pieces.front();
  for (const Piece& each : m_pieces)
    if (each.begin <= host) piece = &each;
  return piece->toGuest(host);
}

Ns StoredClock::toHost(Ns guest) const {
  const Piece* piece = &m_pieces.front();
  for (const Piece& each : m_pieces)
    if (each.toGuest(each.begin) <= guest) piece = &each;
  const double past = static_cast<double>(guest - piece->offset - piece->middle);
  return piece->middle + std::llround(past / (1 + piece->drift));
}

Ns StoredClock::error() const {
  Ns worst = 0;
  for (const Piece& piece : m_pieces) worst = std::max(worst, piece.error);
  return worst;
}

}  // namespace descry
