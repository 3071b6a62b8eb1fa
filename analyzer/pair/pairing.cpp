// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/pairing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "analyzer/pair/device_match.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

/// Pairs the devices of one guest capture with those of one host capture.
class CapturePairing {
 public:
  CapturePairing(const Database& database, const Model& model, const CaptureRow& guest, const CaptureRow& host,
                 Pairing& result)
      : m_model(model), m_result(result) {
    for (const DevicePairRow& pair : result.devices) m_done.insert({pair.guestDeviceId, pair.hostDeviceId});
    m_spans = {guest.last, host.last, !model.hasLoss(guest.captureId) && !model.hasLoss(host.captureId)};
    load(database, guest.captureId, m_guests, readGuestSequences);
    load(database, host.captureId, m_hosts, readHostSequences);
  }

  /// User-given pairs are taken as they are; everything else must be unique.
  void run(const std::vector<std::pair<DeviceId, DeviceId>>& given) {
    for (const auto& [guest, host] : given)
      if (m_guests.contains(guest) && m_hosts.contains(host)) accept(match(guest, host), "map");
    while (acceptBest()) {
    }
    explain();
  }

 private:
  template <typename Sequence, typename Reader>
  void load(const Database& database, std::int64_t captureId, std::map<DeviceId, DeviceSequences<Sequence>>& into,
            Reader reader) {
    for (const DeviceRow& device : m_model.devices) {
      if (device.captureId != captureId) continue;
      for (const QueueRow* queue : m_model.queuesOf(device.deviceId)) {
        if (!seen(queue->queueIndex)) continue;
        for (const std::int64_t epoch : m_model.epochsOf(queue->queueId))
          for (Sequence& sequence : reader(database, m_model, {queue->queueId, epoch}))
            into[device.deviceId][queue->queueIndex].push_back(std::move(sequence));
      }
    }
  }

  DeviceMatch match(DeviceId guest, DeviceId host) const {
    return matchDevices(guest, m_guests.at(guest), host, m_hosts.at(host), m_spans, m_known);
  }

  /// Queues in use tell devices apart: one side uses queues that the device of the other side does not have, and
  /// another device there has them all. A queue of which no chain was recorded is one that the device has.
  template <typename Mine, typename Theirs>
  bool fitsAnother(const DeviceSequences<Mine>& mine, DeviceId partner,
                   const std::map<DeviceId, DeviceSequences<Theirs>>& others) const {
    std::vector<std::int64_t> used;
    for (const auto& [index, sequences] : mine) {
      std::size_t chains = 0;
      for (const auto& sequence : sequences) chains += sequence.keys.size();
      if (chains >= kWorthPairing) used.push_back(index);
    }
    const auto hasAll = [&](DeviceId device) {
      const std::vector<const QueueRow*> queues = m_model.queuesOf(device);
      return std::ranges::all_of(used, [&](std::int64_t index) {
        return std::ranges::any_of(queues, [&](const QueueRow* queue) { return queue->queueIndex == index; });
      });
    };
    return !hasAll(partner) && std::ranges::any_of(others, [&](const auto& other) { return hasAll(other.first); });
  }

  bool acceptBest() {
    std::vector<DeviceMatch> matches;
    for (const auto& [guest, guestSequences] : m_guests)
      for (const auto& [host, hostSequences] : m_hosts) {
        if (m_done.contains(guest) || m_done.contains(host) || fitsAnother(guestSequences, host, m_hosts) ||
            fitsAnother(hostSequences, guest, m_guests))
          continue;
        DeviceMatch found = match(guest, host);
        if (!found.refusal.empty()) m_refusals[guest] = m_refusals[host] = found.refusal;
        if (found.chains + found.doubtful > 0) matches.push_back(std::move(found));
      }
    std::stable_sort(matches.begin(), matches.end(), [](const auto& a, const auto& b) { return a.chains > b.chains; });
    for (const DeviceMatch& candidate : matches) {
      if (candidate.chains == 0) break;
      const auto rival = std::find_if(matches.begin(), matches.end(), [&](const DeviceMatch& other) {
        const bool sameGuest = other.guestDevice == candidate.guestDevice,
                   sameHost = other.hostDevice == candidate.hostDevice;
        return sameGuest != sameHost && (other.chains + other.doubtful) * kClearLead > candidate.chains;
      });
      if (rival == matches.end()) {
        accept(candidate, "");
        return true;
      }
      const std::string refusal =
          fmt::format("{} chains fit {} of the guest and {} of the host, but {} chains also fit {} and {}",
                      candidate.chains, m_model.device(candidate.guestDevice).name,
                      m_model.device(candidate.hostDevice).name, rival->chains + rival->doubtful,
                      m_model.device(rival->guestDevice).name, m_model.device(rival->hostDevice).name);
      m_refusals[candidate.guestDevice] = m_refusals[candidate.hostDevice] = refusal;
    }
    return false;
  }

  void accept(const DeviceMatch& match, const std::string& method) {
    m_done.insert(match.guestDevice);
    m_done.insert(match.hostDevice);
    bool byOrder = false;
    for (const DeviceMatch::Run& run : match.runs) {
      PairSegmentRow row;
      row.guestQueueId = run.guest->queueId;
      row.guestEpoch = run.guest->epoch;
      row.hostQueueId = run.host->queueId;
      row.hostEpoch = run.host->epoch;
      row.shift = run.alignment.shift;
      row.firstPosition = std::max(run.guest->keys.front().position, run.host->keys.front().position + row.shift);
      row.lastPosition = std::min(
          run.guest->partial ? std::numeric_limits<std::int64_t>::max() : run.guest->keys.back().position,
          run.host->partial ? std::numeric_limits<std::int64_t>::max() : run.host->keys.back().position + row.shift);
      row.method = !method.empty() ? method : run.byOrder ? "order" : "position";
      row.candidates = run.candidates;
      byOrder |= run.byOrder;
      m_result.segments.push_back(std::move(row));
    }
    m_result.devices.push_back({match.guestDevice, match.hostDevice,
                                !method.empty() ? method
                                : byOrder       ? "order"
                                                : "position"});
    if (!m_known && match.window) m_known = match.window;
    // What spoke against other partners no longer matters.
    for (const DeviceId device : {match.guestDevice, match.hostDevice}) {
      m_refusals.erase(device);
      if (!match.refusal.empty()) m_refusals[device] = match.refusal;
    }
  }

  /// Chains of devices that found no partner although the other side has one to offer were lost to doubt.
  template <typename Sequences>
  static bool anyLeft(const std::map<DeviceId, Sequences>& devices, const std::set<DeviceId>& done) {
    for (const auto& [device, sequences] : devices) {
      std::size_t chains = 0;
      for (const auto& [index, list] : sequences)
        for (const auto& sequence : list) chains += sequence.keys.size();
      if (!done.contains(device) && chains >= kWorthPairing) return true;
    }
    return false;
  }

  void explain() {
    const bool doubt = anyLeft(m_guests, m_done) && anyLeft(m_hosts, m_done);
    const auto note = [&](DeviceId device, const auto& sequences, const char* nobody) {
      const auto refusal = m_refusals.find(device);
      for (const auto& [index, list] : sequences)
        for (const auto& sequence : list) {
          const bool paired = m_done.contains(device);
          Pairing::Reason reason{paired ? "outside the part of this queue that the other side recorded" : nobody,
                                 !paired && doubt};
          if (refusal != m_refusals.end()) reason = {refusal->second, true};
          m_result.reasons.try_emplace({sequence.queueId, sequence.epoch}, std::move(reason));
        }
    };
    for (const auto& [device, sequences] : m_guests) note(device, sequences, "no host device has matching chains");
    for (const auto& [device, sequences] : m_hosts) note(device, sequences, "no guest device has matching chains");
  }

  /// Fewer chains than a driver's probing of a disk leaves are not worth a warning.
  static constexpr std::size_t kWorthPairing = 8;
  /// Another device may fit a few chains by chance; the right one fits this many times more.
  static constexpr std::int64_t kClearLead = 4;

  const Model& m_model;
  Pairing& m_result;
  CaptureSpans m_spans;
  std::map<DeviceId, DeviceSequences<GuestSequence>> m_guests;
  std::map<DeviceId, DeviceSequences<HostSequence>> m_hosts;
  std::optional<OffsetWindow> m_known;
  std::set<DeviceId> m_done;
  std::map<DeviceId, std::string> m_refusals;
};

DeviceId findDevice(const Model& model, const std::string& name, const std::string& side) {
  std::string known;
  for (const DeviceRow& device : model.devices) {
    if (model.capture(device.captureId).side != side) continue;
    if (device.name == name || device.address == name || device.vmmId == name) return device.deviceId;
    known += (known.empty() ? "" : ", ") + device.name;
  }
  throw Error(fmt::format("--map: the {} has no device '{}'; it has: {}", side, name, known.empty() ? "none" : known));
}

}  // namespace

DeviceId Pairing::guestOf(DeviceId hostDeviceId) const {
  for (const DevicePairRow& pair : devices)
    if (pair.hostDeviceId == hostDeviceId) return pair.guestDeviceId;
  return kNoDevice;
}

Pairing pairHalves(const Database& database, const Model& model, const std::vector<DeviceMapping>& map) {
  Pairing pairing;
  std::vector<std::pair<DeviceId, DeviceId>> given;
  for (const DeviceMapping& entry : map)
    given.emplace_back(findDevice(model, entry.guest, "guest"), findDevice(model, entry.host, "host"));
  for (const CaptureRow& guest : model.captures)
    for (const CaptureRow& host : model.captures)
      if (guest.side == "guest" && host.side == "host")
        CapturePairing(database, model, guest, host, pairing).run(given);
  std::sort(pairing.segments.begin(), pairing.segments.end(), [](const PairSegmentRow& a, const PairSegmentRow& b) {
    return std::tie(a.guestQueueId, a.guestEpoch, a.firstPosition) <
           std::tie(b.guestQueueId, b.guestEpoch, b.firstPosition);
  });
  for (std::size_t i = 0; i < pairing.segments.size(); ++i)
    pairing.segments[i].pairId = static_cast<std::int64_t>(i + 1);
  return pairing;
}

}  // namespace descry
