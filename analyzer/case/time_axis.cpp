// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/case/time_axis.hpp"

#include "schemas/model/words.hpp"

namespace descry {

std::int64_t axisCaptureOf(const std::vector<CaptureRow>& captures) {
  const CaptureRow* best = captures.empty() ? nullptr : &captures.front();
  const auto isGuest = [](const CaptureRow& capture) { return capture.side == wordOf(Side::Guest); };
  for (const CaptureRow& capture : captures)
    if (isGuest(capture) && (!isGuest(*best) || capture.events > best->events)) best = &capture;
  return best == nullptr ? 0 : best->captureId;
}

TimeAxis::TimeAxis(const std::vector<CaptureRow>& captures, const std::vector<ClockSegmentRow>& clock,
                   std::int64_t axisCapture)
    : m_axis(axisCapture) {
  std::map<std::int64_t, Ns> origins;
  for (const CaptureRow& capture : captures) {
    origins[capture.captureId] = capture.origin;
    m_isHost[capture.captureId] = capture.side == wordOf(Side::Host);
  }
  m_origin = origins[axisCapture];
  for (const ClockSegmentRow& row : clock)
    m_links[{row.guestCaptureId, row.hostCaptureId}].add(row, origins[row.guestCaptureId] - origins[row.hostCaptureId]);
  std::erase_if(m_links, [](const auto& link) { return link.second.empty(); });
}

bool TimeAxis::isHost(std::int64_t captureId) const {
  const auto found = m_isHost.find(captureId);
  return found != m_isHost.end() && found->second;
}

const StoredClock* TimeAxis::link(std::int64_t guest, std::int64_t host) const {
  const auto found = m_links.find({guest, host});
  return found == m_links.end() ? nullptr : &found->second;
}

TimeAxis::Links::const_iterator TimeAxis::linkOf(std::int64_t guest) const {
  const auto first = m_links.lower_bound({guest, 0});
  return first == m_links.end() || first->first.first != guest ? m_links.end() : first;
}

Ns TimeAxis::toAxis(std::int64_t captureId, Ns ns) const {
  if (captureId == m_axis) return ns;
  if (isHost(captureId)) {
    const StoredClock* clock = link(m_axis, captureId);
    return clock != nullptr ? clock->toGuest(ns) : ns;
  }
  const auto own = linkOf(captureId);
  if (own == m_links.end()) return ns;
  const auto& [captures, clock] = *own;
  return captures.second == m_axis ? clock.toHost(ns) : toAxis(captures.second, clock.toHost(ns));
}

Ns TimeAxis::fromAxis(std::int64_t captureId, Ns axis) const {
  if (captureId == m_axis) return axis;
  if (isHost(captureId)) {
    const StoredClock* clock = link(m_axis, captureId);
    return clock != nullptr ? clock->toHost(axis) : axis;
  }
  const auto own = linkOf(captureId);
  if (own == m_links.end()) return axis;
  const auto& [captures, clock] = *own;
  return clock.toGuest(captures.second == m_axis ? axis : fromAxis(captures.second, axis));
}

Ns TimeAxis::error(std::int64_t captureId) const {
  if (captureId == m_axis) return 0;
  if (isHost(captureId)) {
    const StoredClock* clock = link(m_axis, captureId);
    return clock != nullptr ? clock->error() : kUnseen;
  }
  const auto own = linkOf(captureId);
  if (own == m_links.end()) return kUnseen;
  const auto& [captures, clock] = *own;
  if (captures.second == m_axis) return clock.error();
  const Ns rest = error(captures.second);
  return seen(rest) ? clock.error() + rest : kUnseen;
}

}  // namespace descry
