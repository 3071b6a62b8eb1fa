// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/run/tsc_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>

namespace descry {

namespace {

constexpr std::size_t kFewestReadings = 3;

/// On the line through two readings.
Ns onLine(const TscReadingRow& a, const TscReadingRow& b, std::int64_t tsc) {
  const auto share = static_cast<long double>(tsc - a.tsc) / static_cast<long double>(b.tsc - a.tsc);
  return a.ns + static_cast<Ns>(share * static_cast<long double>(b.ns - a.ns));
}

/// The times of one side, by its counter.
class CounterClock {
 public:
  CounterClock(const Database& database, std::int64_t captureId) {
    m_readings = readAll<TscReadingRow>(database, fmt::format("WHERE capture_id = {} ORDER BY ns", captureId));
    const auto goesBack = [](const TscReadingRow& a, const TscReadingRow& b) { return b.tsc <= a.tsc; };
    if (m_readings.size() < kFewestReadings || std::ranges::adjacent_find(m_readings, goesBack) != m_readings.end())
      m_readings.clear();
    for (std::size_t i = 1; i + 1 < m_readings.size(); ++i)
      m_bend = std::max(m_bend,
                        std::abs(onLine(m_readings[i - 1], m_readings[i + 1], m_readings[i].tsc) - m_readings[i].ns));
  }
  const std::vector<TscReadingRow>& readings() const { return m_readings; }
  struct Moment {
    Ns ns = 0, error = 0;
  };
  /// Only between readings.
  std::optional<Moment> at(std::int64_t tsc) const {
    const auto after = std::ranges::upper_bound(m_readings, tsc, {}, &TscReadingRow::tsc);
    if (after == m_readings.begin() || after == m_readings.end()) return {};
    const TscReadingRow &a = *std::prev(after), &b = *after;
    return Moment{onLine(a, b, tsc), std::max(a.error, b.error) + m_bend + 1};
  }

 private:
  std::vector<TscReadingRow> m_readings;
  Ns m_bend = 0;
};

struct Offset {
  std::int64_t ticks = 0;
  Ns since = 0;
};

/// Nothing when several virtual machines were paired, or their virtual CPUs differ.
std::optional<Offset> offsetBetween(const Database& database, const Model& model, const Pairing& pairing,
                                    std::int64_t guestCapture, std::int64_t hostCapture) {
  std::set<std::int64_t> vmms;
  for (const PairSegmentRow& segment : pairing.segments)
    if (model.captureOf(segment.guestQueueId).captureId == guestCapture &&
        model.captureOf(segment.hostQueueId).captureId == hostCapture)
      vmms.insert(model.deviceOf(segment.hostQueueId).vmmPid);
  if (vmms.size() != 1) return {};
  std::optional<Offset> offset;
  for (const KvmVcpuRow& vcpu : readAll<KvmVcpuRow>(
           database, fmt::format("WHERE capture_id = {} AND vmm_pid = {}", hostCapture, *vmms.begin()))) {
    if (!seen(vcpu.tscOffset) || (offset && offset->ticks != vcpu.tscOffset)) return {};
    offset = {vcpu.tscOffset, std::max(offset ? offset->since : vcpu.tscSince, vcpu.tscSince)};
  }
  return offset;
}

}  // namespace

std::vector<ClockConstraint> tscConstraints(const Database& database, const Model& model, const Pairing& pairing,
                                            std::int64_t guestCapture, std::int64_t hostCapture) {
  std::vector<ClockConstraint> list;
  const auto offset = offsetBetween(database, model, pairing, guestCapture, hostCapture);
  if (!offset) return list;
  const CounterClock guest(database, guestCapture), host(database, hostCapture);
  const auto add = [&](Ns hostNs, Ns guestNs, Ns error) {
    if (hostNs < offset->since) return;
    list.push_back({hostNs, guestNs - error, ClockConstraint::Bound::Low});
    list.push_back({hostNs, guestNs + error, ClockConstraint::Bound::High});
  };
  for (const TscReadingRow& reading : guest.readings())
    if (const auto moment = host.at(reading.tsc - offset->ticks))
      add(moment->ns, reading.ns, moment->error + reading.error);
  for (const TscReadingRow& reading : host.readings())
    if (const auto moment = guest.at(reading.tsc + offset->ticks))
      add(reading.ns, moment->ns, moment->error + reading.error);
  return list;
}

bool leavesRoom(const ClockModel& clock, const std::vector<ClockConstraint>& pairs) {
  for (std::size_t at = 0; at + 1 < pairs.size(); at += 2) {
    const auto reading = clock.at(pairs[at].host);
    if (!reading) continue;
    const Ns low = pairs[at].guest - pairs[at].host, high = pairs[at + 1].guest - pairs[at].host;
    if (high < reading->low || low > reading->high) return false;
  }
  return true;
}

}  // namespace descry
