// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/time_axis.hpp"

#include <algorithm>
#include <cmath>

namespace descry::gui {

TimeAxis::TimeAxis(const std::vector<CaptureRow>& captures, const std::vector<ClockSegmentRow>& clock,
                   std::int64_t axisCapture)
    : m_axis(axisCapture) {
  std::map<std::int64_t, Ns> origins;
  for (const CaptureRow& capture : captures) {
    origins[capture.captureId] = capture.origin;
    m_isHost[capture.captureId] = capture.side == "host";
  }
  m_origin = origins[axisCapture];
  for (const ClockSegmentRow& row : clock) {
    if (row.quality == "absent" || row.quality == "incomplete") continue;
    auto link = std::find_if(m_links.begin(), m_links.end(), [&](const Link& each) {
      return each.guest == row.guestCaptureId && each.host == row.hostCaptureId;
    });
    if (link == m_links.end()) {
      m_links.push_back({row.guestCaptureId, row.hostCaptureId, {}});
      link = m_links.end() - 1;
    }
    const Ns offset = row.offset - (origins[row.guestCaptureId] - origins[row.hostCaptureId]);
    link->pieces.push_back({row.begin, row.begin + (row.end - row.begin) / 2, offset, row.error,
                            static_cast<double>(row.driftPpb) * 1e-9});
  }
  for (Link& link : m_links)
    std::sort(link.pieces.begin(), link.pieces.end(), [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
}

Ns TimeAxis::toGuest(const Link& link, Ns host) {
  const Piece* piece = &link.pieces.front();
  for (const Piece& each : link.pieces)
    if (each.begin <= host) piece = &each;
  return host + piece->offset + std::llround(piece->drift * static_cast<double>(host - piece->middle));
}

Ns TimeAxis::toHost(const Link& link, Ns guest) {
  const Piece* piece = &link.pieces.front();
  for (const Piece& each : link.pieces)
    if (toGuest(link, each.begin) <= guest) piece = &each;
  const double past = static_cast<double>(guest - piece->offset - piece->middle);
  return piece->middle + std::llround(past / (1 + piece->drift));
}

const TimeAxis::Link* TimeAxis::linkOf(std::int64_t guest, std::int64_t host) const {
  for (const Link& link : m_links)
    if ((guest == 0 || link.guest == guest) && (host == 0 || link.host == host)) return &link;
  return nullptr;
}

Ns TimeAxis::toAxis(std::int64_t captureId, Ns ns) const {
  if (captureId == m_axis) return ns;
  if (const auto host = m_isHost.find(captureId); host != m_isHost.end() && host->second) {
    const Link* link = linkOf(m_axis, captureId);
    return link != nullptr ? toGuest(*link, ns) : ns;
  }
  const Link* own = linkOf(captureId, 0);
  if (own == nullptr) return ns;
  return own->host == m_axis ? toHost(*own, ns) : toAxis(own->host, toHost(*own, ns));
}

Ns TimeAxis::fromAxis(std::int64_t captureId, Ns axis) const {
  if (captureId == m_axis) return axis;
  if (const auto host = m_isHost.find(captureId); host != m_isHost.end() && host->second) {
    const Link* link = linkOf(m_axis, captureId);
    return link != nullptr ? toHost(*link, axis) : axis;
  }
  const Link* own = linkOf(captureId, 0);
  if (own == nullptr) return axis;
  return toGuest(*own, own->host == m_axis ? axis : fromAxis(own->host, axis));
}

Ns TimeAxis::error(std::int64_t captureId) const {
  if (captureId == m_axis) return 0;
  const auto host = m_isHost.find(captureId);
  const bool isHost = host != m_isHost.end() && host->second;
  const Link* link = isHost ? linkOf(m_axis, captureId) : linkOf(captureId, 0);
  if (link == nullptr) return kUnseen;
  Ns worst = 0;
  for (const Piece& piece : link->pieces) worst = std::max(worst, piece.error);
  if (isHost || link->host == m_axis) return worst;
  const Ns rest = error(link->host);
  return seen(rest) ? worst + rest : kUnseen;
}

}  // namespace descry::gui
