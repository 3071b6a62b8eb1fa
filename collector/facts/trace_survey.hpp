// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "collector/event/batch.hpp"
#include "collector/event/side.hpp"
#include "collector/facts/device_facts.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// Looks over the batches of one trace on their way to the fold, for what concerns the trace as a whole: which side it
/// is from, which transports its events prove, which device facts the guest wrote into it, and where events are
/// missing.
class TraceSurvey {
 public:
  void observe(const Batch& batch);

  /// The side that the events seen so far speak for; nothing while no event speaks for any. A host may itself be a
  /// guest, so what fetches from a ring decides before what publishes into one.
  std::optional<Side> side() const;
  /// True when no later event can change side().
  bool sideIsCertain() const { return hostFetches() > 0; }
  /// Events that belong to the rings of this side. DMA and scheduler events do not count: every kernel has them.
  std::int64_t eventsOf(Side side) const;
  /// True when both sides' ends of rings were seen.
  bool nested() const { return hostFetches() > 0 && guestRingEvents() > 0; }

  bool servedByVhost() const;
  bool servedByQemu() const;
  /// True when work functions that only vhost-net has were seen to run.
  bool servedByVhostNet() const { return m_netHandlers; }

  /// What the collector's probes cost, as it wrote into the trace: hits, and nanoseconds in all. Nothing: not recorded.
  const std::optional<std::pair<std::uint64_t, std::uint64_t>>& probeCost() const { return m_probeCost; }
  /// On the trace's own clock, in the order of time.
  const std::map<Ns, TscReadingRow>& tscReadings() const { return m_tscReadings; }

  /// True when the collector wrote that a recording began, but not that it ended: it was killed, or its session daemon.
  bool breaksOff() const { return m_recordingOpen; }

  /// What the tracepoint swiotlb_bounced said, by device.
  struct Bounces {
    std::int64_t count = 0, bytes = 0, forced = 0;
  };
  const std::map<std::string, Bounces, std::less<>>& bounces() const { return m_bounces; }

  std::optional<Ns> first() const { return m_first; }
  Ns last() const { return m_last; }
  /// Time of the first event of a CPU; nothing when it has none.
  std::optional<Ns> firstOf(int cpu) const;
  const std::vector<LossRange>& losses() const { return m_losses; }
  /// Facts from lines `descry-device ...` that the guest wrote into its own trace; a later line replaces an earlier.
  const std::vector<DeviceFacts>& devices() const { return m_devices; }
  /// Transports (EventVariant bits) that events of the device with this number or address prove.
  const std::map<std::uint64_t, std::uint8_t>& transports() const { return m_transports; }
  /// The same over all events, also those that name no device.
  std::uint8_t anyTransport() const { return m_anyTransport; }
  /// Numbers of the guest devices whose doorbell function was seen to be called.
  const std::set<std::uint64_t>& notifying() const { return m_notifying; }

 private:
  std::int64_t count(EventKind kind) const { return m_counts[static_cast<std::size_t>(kind)]; }
  std::int64_t countBetween(EventKind first, EventKind last) const;
  std::int64_t hostFetches() const;
  std::int64_t guestRingEvents() const;
  void noteRecord(const Record& record);
  void noteTransport(const Event& event);
  void noteText(const Event& event, const std::string& text);
  void noteMarker(std::string_view text);

  std::array<std::int64_t, kEventKinds> m_counts{};
  std::optional<Ns> m_first;
  Ns m_last = 0;
  std::vector<Ns> m_firstByCpu;  ///< by CPU; kUnseen: no event yet
  bool m_netHandlers = false;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> m_probeCost;
  std::map<Ns, TscReadingRow> m_tscReadings;
  bool m_recordingOpen = false;
  std::vector<LossRange> m_losses;
  std::vector<DeviceFacts> m_devices;
  std::map<std::uint64_t, std::uint8_t> m_transports;
  std::uint8_t m_anyTransport = 0;
  std::set<std::uint64_t> m_notifying;
  std::map<std::string, Bounces, std::less<>> m_bounces;
};

}  // namespace descry
