// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/trace_survey.hpp"

#include <algorithm>

#include "collector/facts/facts_file.hpp"
#include "collector/probes/records.h"

namespace descry {

namespace {

constexpr std::uint8_t kAnyTransport = kTransportPci | kTransportMmio | kTransportCcw;
constexpr std::string_view kDeviceMarker = "descry-device ";

}  // namespace

void TraceSurvey::observe(const Batch& batch) {
  m_losses.insert(m_losses.end(), batch.losses.begin(), batch.losses.end());
  if (batch.events.empty()) return;
  if (!m_first) m_first = batch.events.front().ns;
  m_last = std::max(m_last, batch.events.back().ns);
  for (const Event& event : batch.events) {
    ++m_counts[static_cast<std::size_t>(event.kind)];
    if (event.cpu >= m_firstByCpu.size()) m_firstByCpu.resize(event.cpu + 1U, kUnseen);
    if (!seen(m_firstByCpu[event.cpu])) m_firstByCpu[event.cpu] = event.ns;
    if ((event.variant & kAnyTransport) != 0) noteTransport(event);
    if (event.kind == EventKind::VhostHandle) m_netHandlers |= (event.variant & (kReceive | kTransmit)) != 0;
    if (event.kind == EventKind::CaptureRecord && event.record != 0) noteRecord(batch.records[event.record - 1]);
    if (event.kind == EventKind::HostRecord && event.record != 0) noteRecord(batch.records[event.record - 1]);
    if (event.kind == EventKind::GuestNotify && event.has(Field::Device)) m_notifying.insert(event[Field::Device]);
    if (event.text != 0) noteText(event, batch.texts[event.text - 1]);
  }
}

std::optional<Ns> TraceSurvey::firstOf(int cpu) const {
  const auto index = static_cast<std::size_t>(cpu);
  if (cpu < 0 || index >= m_firstByCpu.size() || !seen(m_firstByCpu[index])) return std::nullopt;
  return m_firstByCpu[index];
}

void TraceSurvey::noteRecord(const Record& record) {
  if (recordAs<DescryHeader>(record).type == Descry_capture_start) m_recordingOpen = true;
  if (recordAs<DescryHeader>(record).type == Descry_capture_cost) {
    m_recordingOpen = false;
    const auto cost = recordAs<descry_capture_cost>(record);
    if (cost.timed == 0) return;
    const double insideNs = static_cast<double>(cost.timed_ns) / static_cast<double>(cost.timed);
    const double perHitNs = insideNs + static_cast<double>(cost.outside_ps) * 1e-3;
    m_probeCost = {cost.hits, static_cast<std::uint64_t>(static_cast<double>(cost.hits) * perHitNs)};
    return;
  }
  if (recordAs<DescryHeader>(record).type == Descry_capture_tsc) {
    const auto reading = recordAs<descry_capture_tsc>(record);
    TscReadingRow row;
    row.ns = static_cast<Ns>(reading.header.ns);
    row.tsc = static_cast<std::int64_t>(reading.tsc);
    row.error = static_cast<Ns>(reading.error);
    m_tscReadings.emplace(row.ns, row);  // a damaged trace may say it twice
    return;
  }
  // Of the kernel's vhost, only the handlers of vhost-net are probed for when a worker turns to a queue. Backends in
  // user space (descry-ust) may serve anything.
  if (recordAs<DescryHeader>(record).type != Descry_host_half) return;
  const auto half = recordAs<descry_host_half>(record);
  m_netHandlers |= half.entered != 0 && half.vq >> 63U != 0;
}

void TraceSurvey::noteTransport(const Event& event) {
  const auto bits = static_cast<std::uint8_t>(event.variant & kAnyTransport);
  m_anyTransport |= bits;
  if (event.has(Field::Device)) m_transports[event[Field::Device]] |= bits;
}

void TraceSurvey::noteText(const Event& event, const std::string& text) {
  if (event.kind == EventKind::GuestMarker) return noteMarker(text);
  if (event.kind != EventKind::SwiotlbBounced) return;
  Bounces& bounces = m_bounces[text];
  ++bounces.count;
  bounces.bytes += static_cast<std::int64_t>(event.get(Field::Length, 0));
  bounces.forced += event.get(Field::Value, 0) != 0 ? 1 : 0;
}

void TraceSurvey::noteMarker(std::string_view text) {
  const auto start = text.find(kDeviceMarker);
  if (start == std::string_view::npos) return;
  std::string_view line = text.substr(start + kDeviceMarker.size());
  line = line.substr(0, line.find_first_of("\r\n"));
  auto device = parseDeviceLine(line);
  if (!device) return;
  const auto same = std::ranges::find(m_devices, device->name, &DeviceFacts::name);
  if (same == m_devices.end())
    m_devices.push_back(std::move(*device));
  else
    *same = std::move(*device);
}

std::int64_t TraceSurvey::countBetween(EventKind first, EventKind last) const {
  std::int64_t sum = 0;
  for (auto kind = static_cast<std::size_t>(first); kind <= static_cast<std::size_t>(last); ++kind)
    sum += m_counts[kind];
  return sum;
}

std::int64_t TraceSurvey::hostFetches() const {
  return count(EventKind::VhostFetch) + count(EventKind::VhostFetchReturn) + count(EventKind::VhostUsed) +
         count(EventKind::QemuPop) + count(EventKind::QemuFill) + count(EventKind::HostRecord);
}

std::int64_t TraceSurvey::guestRingEvents() const {
  return countBetween(EventKind::GuestAdd, EventKind::GuestQueueDelete);
}

std::int64_t TraceSurvey::eventsOf(Side side) const {
  if (side == Side::Guest) return guestRingEvents();
  return countBetween(EventKind::VhostOwner, EventKind::QemuPciNotify);
}

std::optional<Side> TraceSurvey::side() const {
  if (hostFetches() > 0) return Side::Host;
  if (guestRingEvents() > 0) return Side::Guest;
  if (eventsOf(Side::Host) > 0) return Side::Host;
  return std::nullopt;
}

bool TraceSurvey::servedByVhost() const {
  return countBetween(EventKind::VhostOwner, EventKind::HostRecord) > 0;
}

bool TraceSurvey::servedByQemu() const {
  return countBetween(EventKind::QemuNotify, EventKind::QemuPciNotify) > 0;
}

}  // namespace descry
