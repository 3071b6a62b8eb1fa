// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/simulated_source.hpp"

#include <algorithm>

#include "samples/simulate/event_names.hpp"

namespace descry::simulate {

SimulatedSource::SimulatedSource(const Capture& capture, std::size_t batchEvents)
    : m_capture(capture), m_batchEvents(std::max<std::size_t>(1, batchEvents)) {
  m_info.path = wordOf(capture.side);
  m_info.source = "simulate";
  m_info.tool = "descry-simulate";
  m_info.clock = "mono";
  // Every probe is declared, so that an event that never fired is known not to have happened.
  for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
    const auto event = static_cast<EventKind>(kind);
    if (const std::string_view name = eventName(event, 0); !name.empty() && sideOf(event) == capture.side)
      m_info.counts[std::string(name)].kind = event;
  }
}

bool SimulatedSource::read(Batch& batch) {
  batch.clear();
  const auto& events = m_capture.events;
  while (m_next < events.size() && batch.events.size() < m_batchEvents) {
    const Event& event = events[m_next++];
    EventCount& count = m_info.counts[std::string(eventName(event.kind, event.variant))];
    count.kind = event.kind;
    ++count.count;
    m_info.heard.note(event.ns);
    batch.events.push_back(event);
  }
  const bool ended = m_next == events.size();
  if (ended)
    for (; m_others < m_capture.others.size(); ++m_others) m_info.heard.note(m_capture.others[m_others]);
  while (m_nextLoss < m_capture.losses.size() &&
         (ended || m_capture.losses[m_nextLoss].begin <= batch.events.back().ns))
    batch.losses.push_back(m_capture.losses[m_nextLoss++]);
  return !batch.events.empty() || !batch.losses.empty();
}

std::optional<double> SimulatedSource::progress() const {
  if (m_capture.events.empty()) return std::nullopt;
  return static_cast<double>(m_next) / static_cast<double>(m_capture.events.size());
}

}  // namespace descry::simulate
