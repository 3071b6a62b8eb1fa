// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/pairing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <tuple>

#include "analyzer/pair/device_match.hpp"
#include "analyzer/pair/host_places.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

/// Where a host device may sit in a guest device, as a key: the guest device and the first queue there. Of a host
/// device 0.
using Place = std::pair<DeviceId, std::int64_t>;

/// Pairs the devices of one guest capture with those of one host capture.
class CapturePairing {
 public:
  CapturePairing(const Database& database, const Model& model, const CaptureRow& guest, const CaptureRow& host,
                 HostPlaces& places, Pairing& result)
      : m_model(model), m_hostCapture(host.captureId), m_places(places), m_result(result) {
    m_spans = {guest.last, host.last, !model.hasLoss(guest.captureId) && !model.hasLoss(host.captureId)};
    load(database, guest.captureId, m_guests, readGuestSequences);
    load(database, host.captureId, m_hosts, readHostSequences);
  }

  /// User-given pairs are taken as they are; everything else must be unique.
  void run(const std::vector<std::pair<DeviceId, DeviceId>>& given) {
    for (const auto& [guest, host] : given)
      if (m_guests.contains(guest) && m_hosts.contains(host)) acceptGiven(guest, host);
    while (acceptBest()) {
    }
    for (const auto& [guest, sequences] : m_guests) acceptByOpening(guest);
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

  const DeviceMatch& match(DeviceId guest, DeviceId host, const HostPlace& place) {
    const auto known = m_matches.find({guest, place.firstQueue, host});
    if (known != m_matches.end() && known->second.place.queues == place.queues) return known->second;
    static const DeviceSequences<HostSequence> kSilent;
    const auto sequences = m_hosts.find(host);
    return m_matches[{guest, place.firstQueue, host}] =
               matchDevices(guest, m_guests.at(guest), host, sequences == m_hosts.end() ? kSilent : sequences->second,
                            place, m_spans, m_known);
  }

  /// The queues in which one side has chains that are worth a word, by index.
  template <typename Sequence>
  static std::vector<std::int64_t> usedQueues(const DeviceSequences<Sequence>& device) {
    std::vector<std::int64_t> used;
    for (const auto& [index, sequences] : device) {
      std::size_t chains = 0;
      for (const auto& sequence : sequences) chains += sequence.keys.size();
      if (chains >= kWorthPairing) used.push_back(index);
    }
    return used;
  }

  /// A queue of which no chain was recorded is one that the device has.
  bool hasAll(DeviceId device, const std::vector<std::int64_t>& used, std::int64_t shift) const {
    const std::vector<const QueueRow*> queues = m_model.queuesOf(device);
    return std::ranges::all_of(used, [&](std::int64_t index) {
      return std::ranges::any_of(queues, [&](const QueueRow* queue) { return queue->queueIndex == index + shift; });
    });
  }

  /// Queues in use tell devices apart: one side uses queues that the device of the other side does not have, and
  /// another device there has them all.
  bool fitsAnother(DeviceId guest, const HostPlace& place, DeviceId host) const {
    std::vector<std::int64_t> used = usedQueues(m_guests.at(guest));
    std::erase_if(used,
                  [&](std::int64_t index) { return std::ranges::find(place.queues, index) == place.queues.end(); });
    const auto has = [&](const auto& other) { return hasAll(other.first, used, 0); };
    if (!hasAll(host, used, -place.firstQueue) && std::ranges::any_of(m_hosts, has)) return true;
    used = usedQueues(m_hosts.at(host));
    return !hasAll(guest, used, place.firstQueue) && std::ranges::any_of(m_guests, has);
  }

  /// True when at most one of the two can be right.
  bool compete(const DeviceMatch& one, const DeviceMatch& other) const {
    if (one.hostDevice == other.hostDevice) return one.guestDevice != other.guestDevice || !samePlace(one, other);
    if (one.guestDevice != other.guestDevice) return false;
    const bool pairs = m_places.isPair(one.hostDevice), otherPairs = m_places.isPair(other.hostDevice);
    if (pairs && otherPairs) return samePlace(one, other);
    if (!pairs && !otherPairs) return true;
    return std::ranges::any_of(one.runs, [&](const DeviceMatch::Run& run) {
      return std::ranges::find(other.runs, run.guest->queueId,
                               [](const auto& theirs) { return theirs.guest->queueId; }) != other.runs.end();
    });
  }
  static bool samePlace(const DeviceMatch& one, const DeviceMatch& other) {
    return one.place.firstQueue == other.place.firstQueue;
  }

  std::string nameOf(const DeviceMatch& match) const {
    const std::string& device = m_model.device(match.guestDevice).name;
    if (m_places.pairsOf(match.guestDevice) < 2 || !m_places.isPair(match.hostDevice)) return device;
    return fmt::format("pair {} of {}", match.place.firstQueue / 2, device);
  }

  bool acceptBest() {
    std::vector<const DeviceMatch*> matches;
    for (const auto& [guest, guestSequences] : m_guests)
      for (const auto& [host, hostSequences] : m_hosts)
        for (const HostPlace& place : m_places.of(guest, host)) {
          if (fitsAnother(guest, place, host)) continue;
          const DeviceMatch& found = match(guest, host, place);
          if (!found.refusal.empty()) m_refusals[{guest, place.firstQueue}] = m_refusals[{host, 0}] = found.refusal;
          if (found.chains + found.doubtful > 0) matches.push_back(&found);
        }
    std::ranges::stable_sort(matches, std::greater(), &DeviceMatch::chains);
    for (const DeviceMatch* candidate : matches) {
      if (candidate->chains == 0) break;
      const auto rival = std::ranges::find_if(matches, [&](const DeviceMatch* other) {
        return other != candidate && compete(*candidate, *other) &&
               (other->chains + other->doubtful) * kClearLead > candidate->chains;
      });
      if (rival == matches.end()) {
        accept(*candidate, "");
        return true;
      }
      m_refusals[placeOf(*candidate)] = m_refusals[{candidate->hostDevice, 0}] = fmt::format(
          "{} chains fit {} of the guest and {} of the host, but {} chains also fit {} and {}", candidate->chains,
          nameOf(*candidate), m_model.device(candidate->hostDevice).name, (*rival)->chains + (*rival)->doubtful,
          nameOf(**rival), m_model.device((*rival)->hostDevice).name);
    }
    return false;
  }

  /// Of several places the one with the most chains.
  void acceptGiven(DeviceId guest, DeviceId host) {
    const DeviceMatch* best = nullptr;
    for (const HostPlace& place : m_places.of(guest, host))
      if (const DeviceMatch& found = match(guest, host, place); best == nullptr || found.chains > best->chains)
        best = &found;
    if (best != nullptr) accept(*best, "map");
  }

  /// When its first ring was seen to start; kUnseen: none was.
  Ns startOf(DeviceId host) const {
    Ns first = kUnseen;
    for (const QueueRow* queue : m_model.queuesOf(host))
      for (const std::int64_t epoch : m_model.epochsOf(queue->queueId))
        if (const Ns start = m_model.epoch({queue->queueId, epoch}).start; seen(start))
          first = seen(first) ? std::min(first, start) : start;
    return first;
  }

  using Started = std::vector<std::pair<Ns, DeviceId>>;

  /// The devices of vhost that a VMM may have started for this guest device, by process, in the order of their start.
  std::map<std::int64_t, Started> startedFor(DeviceId guest) const {
    const std::map<DeviceId, std::int64_t> known = m_places.pairsServing(guest);
    std::map<std::int64_t, Started> started;
    for (const DeviceRow& device : m_model.devices) {
      const DeviceId host = device.deviceId;
      if (device.captureId != m_hostCapture || !m_places.isPair(host) || !seen(device.vmmPid)) continue;
      if (m_places.serves(host) && !known.contains(host)) continue;
      started[device.vmmPid].emplace_back(startOf(host), host);
    }
    for (auto& [vmm, devices] : started) std::ranges::sort(devices);
    std::erase_if(started, [&](const auto& vmm) {
      const Started& devices = vmm.second;
      return std::ssize(devices) != m_places.pairsOf(guest) || std::ranges::any_of(devices, [&](const auto& device) {
               return !seen(device.first) || !m_places.together(device.second, devices.front().second);
             });
    });
    return started;
  }

  /// True when no chain speaks against it that each of these devices serves the pair of queues at its place.
  bool mayServeInOrder(DeviceId guest, const Started& devices) {
    const std::map<DeviceId, std::int64_t> known = m_places.pairsServing(guest);
    std::int64_t chains = 0, served = 0;
    for (std::int64_t pair = 0; const auto& [start, host] : devices) {
      const std::int64_t first = 2 * pair++;
      if (const auto found = known.find(host); found != known.end()) {
        if (found->second != first) return false;
        ++served;
        continue;
      }
      if (m_places.isServed(guest, first)) return false;
      const DeviceMatch& found = match(guest, host, {first, {first, first + 1}});
      if (!found.refuted.empty()) return false;
      chains += found.chains;
    }
    return served == std::ssize(known) && (served > 0 || chains >= static_cast<std::int64_t>(kWorthPairing));
  }

  /// A VMM starts the devices of vhost that serve one guest device in the order of its queues. That tells them apart
  /// where their chains fit in several ways, and says which pairs those serve that have no chains.
  void acceptByOpening(DeviceId guest) {
    if (m_places.pairsOf(guest) < 2) return;
    std::map<std::int64_t, Started> started = startedFor(guest);
    std::erase_if(started, [&](const auto& vmm) { return !mayServeInOrder(guest, vmm.second); });
    if (started.size() != 1) return;
    for (std::int64_t first = 0; const auto& [start, host] : started.begin()->second) {
      const HostPlace place{first, {first, first + 1}};
      first += 2;
      if (!m_places.serves(host)) accept(match(guest, host, place), "opening");
    }
  }

  static Place placeOf(const DeviceMatch& match) { return {match.guestDevice, match.place.firstQueue}; }

  void accept(const DeviceMatch& found, const std::string& method) {
    const DeviceMatch match = found;  // what is remembered may go
    bool byOrder = false;
    std::vector<std::int64_t> used;
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
      row.method = method == "map" ? method : run.byOrder ? "order" : "position";
      row.candidates = run.candidates;
      byOrder |= run.byOrder;
      used.push_back(m_model.queue(run.guest->queueId).queueIndex);
      m_result.segments.push_back(std::move(row));
    }
    std::ranges::sort(used);
    m_places.take(match.guestDevice, match.hostDevice, match.place, used);
    DevicePairRow row;
    row.guestDeviceId = match.guestDevice;
    row.hostDeviceId = match.hostDevice;
    row.method = !method.empty() ? method : byOrder ? "order" : "position";
    row.firstQueue = match.place.firstQueue;
    m_result.devices.push_back(std::move(row));
    if (!m_known && match.window) {
      m_known = match.window;
      m_matches.clear();
    }
    // What spoke against other partners no longer matters.
    for (const Place& place : {placeOf(match), Place{match.hostDevice, 0}}) {
      m_refusals.erase(place);
      if (!match.refusal.empty()) m_refusals[place] = match.refusal;
    }
  }

  /// Whether a queue of either side has found the device of the other side.
  bool isPaired(DeviceId device, std::int64_t queue) const {
    if (m_hosts.contains(device)) return m_places.serves(device);
    // The control queue of a device of kernel vhost is the VMM's, and none of its chains need be recorded.
    const bool control = queue >= 2 * m_places.pairsOf(device);
    return control ? m_places.isServed(device) : m_places.isServed(device, queue);
  }

  Place placeAt(DeviceId device, std::int64_t queue) const {
    const bool many =
        m_guests.contains(device) && m_places.pairsOf(device) > 1 && !m_places.pairsServing(device).empty();
    return {device, many ? queue / 2 * 2 : 0};
  }

  /// Chains of devices that found no partner although the other side has one to offer were lost to doubt.
  template <typename Sequences>
  bool anyLeft(const std::map<DeviceId, Sequences>& devices) const {
    for (const auto& [device, sequences] : devices) {
      std::size_t chains = 0;
      for (const auto& [index, list] : sequences)
        if (!isPaired(device, index))
          for (const auto& sequence : list) chains += sequence.keys.size();
      if (chains >= kWorthPairing) return true;
    }
    return false;
  }

  void explain() {
    const bool doubt = anyLeft(m_guests) && anyLeft(m_hosts);
    const auto note = [&](DeviceId device, const auto& sequences, const char* nobody) {
      for (const auto& [index, list] : sequences) {
        const auto refusal = m_refusals.find(placeAt(device, index));
        for (const auto& sequence : list) {
          const bool paired = isPaired(device, index);
          Pairing::Reason reason{paired ? "outside the part of this queue that the other side recorded" : nobody,
                                 !paired && doubt};
          if (refusal != m_refusals.end()) reason = {refusal->second, true};
          m_result.reasons.try_emplace({sequence.queueId, sequence.epoch}, std::move(reason));
        }
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
  std::int64_t m_hostCapture;
  HostPlaces& m_places;
  Pairing& m_result;
  CaptureSpans m_spans;
  std::map<DeviceId, DeviceSequences<GuestSequence>> m_guests;
  std::map<DeviceId, DeviceSequences<HostSequence>> m_hosts;
  std::optional<OffsetWindow> m_known;
  std::map<std::tuple<DeviceId, std::int64_t, DeviceId>, DeviceMatch> m_matches;  ///< as the clock is known now
  std::map<Place, std::string> m_refusals;
};

/// One host device of each guest device stands for all of them: what the kernel serves first, then the first queue.
void chooseMain(const Model& model, std::vector<DevicePairRow>& devices) {
  std::map<DeviceId, DevicePairRow*> main;
  const auto rank = [&](const DevicePairRow& pair) {
    return std::pair{model.device(pair.hostDeviceId).vhost != 1, pair.firstQueue};
  };
  for (DevicePairRow& pair : devices) {
    pair.main = 0;
    DevicePairRow*& best = main[pair.guestDeviceId];
    if (best == nullptr || rank(pair) < rank(*best)) best = &pair;
  }
  for (const auto& [guest, pair] : main) pair->main = 1;
}

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
  HostPlaces places(model);
  for (const CaptureRow& guest : model.captures)
    for (const CaptureRow& host : model.captures)
      if (guest.side == "guest" && host.side == "host")
        CapturePairing(database, model, guest, host, places, pairing).run(given);
  chooseMain(model, pairing.devices);
  std::sort(pairing.segments.begin(), pairing.segments.end(), [](const PairSegmentRow& a, const PairSegmentRow& b) {
    return std::tie(a.guestQueueId, a.guestEpoch, a.firstPosition) <
           std::tie(b.guestQueueId, b.guestEpoch, b.firstPosition);
  });
  for (std::size_t i = 0; i < pairing.segments.size(); ++i)
    pairing.segments[i].pairId = static_cast<std::int64_t>(i + 1);
  return pairing;
}

}  // namespace descry
