// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/pair/alignment.hpp"
#include "analyzer/pair/host_places.hpp"

namespace descry {

/// All sequences of one device, by queue index.
template <typename Sequence>
using DeviceSequences = std::map<std::int64_t, std::vector<Sequence>>;

/// What it would mean for one guest device and one host device to be the same.
struct DeviceMatch {
  DeviceId guestDevice = kNoDevice, hostDevice = kNoDevice;
  HostPlace place;
  struct Run {
    const GuestSequence* guest = nullptr;
    const HostSequence* host = nullptr;
    Alignment alignment;
    std::int64_t candidates = 1;
    bool byOrder = false;
  };
  std::vector<Run> runs;
  std::int64_t chains = 0;
  std::int64_t doubtful = 0;  ///< chains of runs that fit and are too short to be taken: they may be the truth
  /// Chains whose position in another queue is known and whose halves contradict each other, by guest sequence.
  std::map<const GuestSequence*, std::int64_t> refuted;
  std::optional<OffsetWindow> window;  ///< of the longest run
  std::string refusal;                 ///< why some run was left out, in words
};

/// Matches queue by queue at that place. `known` is what other devices of the same two captures say about the clock.
DeviceMatch matchDevices(DeviceId guestDevice, const DeviceSequences<GuestSequence>& guest, DeviceId hostDevice,
                         const DeviceSequences<HostSequence>& host, const HostPlace& place, const CaptureSpans& spans,
                         const std::optional<OffsetWindow>& known);

}  // namespace descry
