// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/scenario.hpp"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <functional>
#include <map>

#include "schemas/model/error.hpp"

namespace descry::simulate {

namespace {

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::int64_t parseInteger(std::string_view text, std::string_view what) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error(fmt::format("{}: '{}' is not a whole number", what, text));
  return value;
}

bool parseYes(std::string_view text, std::string_view what) {
  if (text == "yes") return true;
  if (text == "no") return false;
  throw Error(fmt::format("{}: '{}' is neither yes nor no", what, text));
}

template <typename Enum>
Enum parseWord(std::string_view text, std::string_view what, const std::map<std::string_view, Enum>& words) {
  const auto found = words.find(text);
  if (found != words.end()) return found->second;
  std::string known;
  for (const auto& [word, value] : words) known += (known.empty() ? "" : ", ") + std::string(word);
  throw Error(fmt::format("{}: '{}' is not one of {}", what, text, known));
}

std::pair<std::string_view, std::string_view> splitWord(std::string_view text, std::string_view what) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) throw Error(fmt::format("{}: '{}': expected two times", what, text));
  return {trim(text.substr(0, space)), trim(text.substr(space))};
}

using Set = std::function<void(DeviceSpec&, std::string_view value, std::string_view key)>;

Set number(std::int64_t DeviceSpec::*member) {
  return [member](DeviceSpec& spec, std::string_view value, std::string_view key) {
    spec.*member = parseInteger(value, key);
    if (spec.*member < 0) throw Error(fmt::format("{}: {} is negative", key, value));
  };
}
Set yes(bool DeviceSpec::*member) {
  return
      [member](DeviceSpec& spec, std::string_view value, std::string_view key) { spec.*member = parseYes(value, key); };
}
Set duration(Duration DeviceSpec::*member) {
  return [member](DeviceSpec& spec, std::string_view value, std::string_view key) {
    spec.*member = Duration::parse(value, key);
  };
}

template <typename Enum>
Set word(Enum DeviceSpec::*member, std::map<std::string_view, Enum> words) {
  return [member, words](DeviceSpec& spec, std::string_view value, std::string_view key) {
    spec.*member = parseWord(value, key, words);
  };
}

const std::map<std::string_view, Set>& deviceKeys() {
  using D = DeviceSpec;
  static const std::map<std::string_view, Set> keys = {
      {"kind", word<DeviceKind>(&D::kind, {{"blk", DeviceKind::Block}, {"net", DeviceKind::Net}})},
      {"host", word<HostKind>(&D::host, {{"vhost", HostKind::Vhost}, {"qemu", HostKind::Qemu}})},
      {"transport",
       word<Transport>(&D::transport, {{"pci", Transport::Pci}, {"ccw", Transport::Ccw}, {"mmio", Transport::Mmio}})},
      {"dma", word<DmaKind>(&D::dma, {{"none", DmaKind::None},
                                      {"direct", DmaKind::Direct},
                                      {"swiotlb", DmaKind::Swiotlb},
                                      {"iommu", DmaKind::Iommu}})},
      {"queues", number(&D::queues)},
      {"ring_size", number(&D::ringSize)},
      {"packed", yes(&D::packed)},
      {"event_idx", yes(&D::eventIdx)},
      {"indirect", yes(&D::indirect)},
      {"chains", number(&D::chains)},
      {"idle_queue_chains", number(&D::idleQueueChains)},
      {"start_position", number(&D::startPosition)},
      {"control_chains", number(&D::controlChains)},
      {"depth", number(&D::depth)},
      {"open_loop", yes(&D::openLoop)},
      {"gap", duration(&D::gap)},
      {"burst", number(&D::burst)},
      {"out_segments", number(&D::outSegments)},
      {"in_segments", number(&D::inSegments)},
      {"segment_bytes", number(&D::segmentBytes)},
      {"reap_in_transmit", yes(&D::reapInTransmit)},
      {"prepare", duration(&D::prepare)},
      {"map", duration(&D::map)},
      {"publish", duration(&D::publish)},
      {"add_return", duration(&D::addReturn)},
      {"finish", duration(&D::finish)},
      {"reap", duration(&D::reap)},
      {"bounce_search", duration(&D::bounceSearch)},
      {"bounce_copy", duration(&D::bounceCopy)},
      {"iommu_map", duration(&D::iommuMap)},
      {"iommu_unmap", duration(&D::iommuUnmap)},
      {"exit", duration(&D::exit)},
      {"wakeup", duration(&D::wakeup)},
      {"inject", duration(&D::inject)},
      {"softirq", duration(&D::softirq)},
      {"service", duration(&D::service)},
      {"fetch", duration(&D::fetch)},
      {"used", duration(&D::used)},
      {"signal", duration(&D::signal)},
      {"out_of_order", yes(&D::outOfOrder)},
      {"used_batch", number(&D::usedBatch)},
      {"weight", number(&D::weight)},
      {"poll", [](D& spec, std::string_view value, std::string_view key) { spec.poll = parseTime(value, key); }},
      {"shared_thread", yes(&D::sharedThread)},
      {"translate", yes(&D::translate)},
      {"iotlb_entries", number(&D::iotlbEntries)},
      {"page_bytes", number(&D::pageBytes)},
      {"working_set", number(&D::workingSet)},
      {"warm", yes(&D::warm)},
      {"answer", duration(&D::answer)},
      {"echo_one_in", number(&D::echoOneIn)},
      {"invalidate", yes(&D::invalidate)},
      {"return_fields", yes(&D::returnFields)},
      {"nested_get", yes(&D::nestedGet)},
      {"duplicate_notify", yes(&D::duplicateNotify)},
      {"spurious_kick", yes(&D::spuriousKick)},
      {"spurious_interrupt_one_in", number(&D::spuriousInterruptOneIn)},
      {"firmware_chains", number(&D::firmwareChains)},
      {"lose_doorbell", number(&D::loseDoorbell)},
      {"lose_interrupt", number(&D::loseInterrupt)},
      {"stop_worker",
       [](D& spec, std::string_view value, std::string_view key) { spec.stopWorker = parseTime(value, key); }},
      {"stop_backend",
       [](D& spec, std::string_view value, std::string_view key) { spec.stopBackend = parseTime(value, key); }},
  };
  return keys;
}

bool setSide(SideSpec& side, std::string_view key, std::string_view value) {
  if (key == "clock_start") {
    side.clockStart = parseTime(value, key);
  } else if (key == "drift_ppb") {
    side.driftPpb = parseInteger(value, key);
  } else if (key == "step") {
    const auto [at, ahead] = splitWord(value, key);
    side.steps.push_back({parseTime(at, key), parseTime(ahead, key)});
  } else if (key == "record_from") {
    side.recordFrom = parseTime(value, key);
  } else if (key == "record_until") {
    side.recordUntil = parseTime(value, key);
  } else if (key == "heartbeat") {
    side.heartbeat = parseTime(value, key);
  } else if (key == "truncated") {
    side.truncated = parseYes(value, key);
  } else if (key == "drop_one_in") {
    side.dropOneIn = parseInteger(value, key);
  } else if (key == "loss") {
    const auto [begin, end] = splitWord(value, key);
    side.losses.push_back({parseTime(begin, key), parseTime(end, key)});
  } else if (key == "recorded") {
    side.recorded = parseYes(value, key);
  } else {
    return false;
  }
  return true;
}

bool setDevices(Scenario& scenario, std::string_view key, std::string_view value) {
  if (key.starts_with("device")) {
    const auto dot = key.find('.');
    if (dot == std::string_view::npos) return false;
    const auto index = static_cast<std::size_t>(parseInteger(key.substr(6, dot - 6), key));
    const auto found = deviceKeys().find(key.substr(dot + 1));
    if (found == deviceKeys().end()) return false;
    if (index >= scenario.devices.size())
      throw Error(fmt::format("{}: there are only {} devices; set 'devices' first", key, scenario.devices.size()));
    found->second(scenario.devices[index], value, key);
    return true;
  }
  const auto found = deviceKeys().find(key);
  if (found == deviceKeys().end()) return false;
  for (DeviceSpec& device : scenario.devices) found->second(device, value, key);
  return true;
}

}  // namespace

void Scenario::set(std::string_view key, std::string_view value) {
  if (key == "seed") {
    seed = static_cast<std::uint64_t>(parseInteger(value, key));
  } else if (key == "text") {
    text = value;
  } else if (key == "vcpus") {
    vcpus = parseInteger(value, key);
  } else if (key == "limit") {
    limit = parseTime(value, key);
  } else if (key == "devices") {
    const std::int64_t count = parseInteger(value, key);
    if (count < 1 || count > 64) throw Error(fmt::format("devices: {} is not between 1 and 64", count));
    devices.resize(static_cast<std::size_t>(count), devices.front());
  } else if (key.starts_with("guest.")  ? !setSide(guest, key.substr(6), value)
             : key.starts_with("host.") ? !setSide(host, key.substr(5), value)
                                        : !setDevices(*this, key, value)) {
    throw Error(fmt::format("unknown key '{}' in a scenario", key));
  }
}

DeviceSpec DeviceSpec::control() const {
  DeviceSpec spec = *this;
  spec.host = HostKind::Qemu;
  spec.chains = controlChains;
  spec.idleQueueChains = spec.startPosition = spec.controlChains = 0;
  spec.depth = spec.burst = 1;
  spec.translate = spec.invalidate = spec.openLoop = false;
  return spec;
}

void Scenario::check() const {
  const auto require = [this](bool holds, std::string_view what) {
    if (!holds) throw Error(fmt::format("scenario {}: {}", name, what));
  };
  require(vcpus >= 1 && vcpus <= 64, "vcpus must be between 1 and 64");
  for (const DeviceSpec& device : devices) {
    const bool powerOfTwo = device.ringSize > 0 && (device.ringSize & (device.ringSize - 1)) == 0;
    require(device.packed ? device.ringSize > 0 : powerOfTwo, "ring_size of a split ring must be a power of two");
    require(device.ringSize <= 32768, "ring_size must be at most 32768");
    require(device.queues >= 1 && device.queues <= 32, "queues must be between 1 and 32");
    require(device.depth >= 1 && device.burst >= 1 && device.usedBatch >= 1 && device.weight >= 1,
            "depth, burst, used_batch and weight must be at least 1");
    require(device.iotlbEntries >= 1 && device.workingSet >= 1 && device.pageBytes >= 1,
            "iotlb_entries, working_set and page_bytes must be at least 1");
    require(!device.translate || device.iotlbEntries >= device.outSegments + device.inSegments + 3,
            "iotlb_entries must hold one chain and the ring, or nothing ever gets through");
    require(device.outSegments + device.inSegments >= 1, "a chain needs a segment");
    require(device.indirect || !device.packed, "indirect = no is for split rings");
    require(device.indirect || device.outSegments + device.inSegments <= device.ringSize,
            "ring_size must hold one chain");
    if (device.host == HostKind::Vhost) {
      require(!device.packed, "kernel vhost offers no packed ring");
      require(device.kind == DeviceKind::Net, "kernel vhost serves net devices");
      require(device.firmwareChains == 0, "firmware_chains needs a QEMU device");
    } else {
      require(device.controlChains == 0, "control_chains needs a device of vhost");
    }
    require(!device.packed || device.startPosition == 0, "a packed ring starts at position 0");
  }
}

Scenario readScenario(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw Error(fmt::format("{}: cannot be read; expected a scenario file", path.string()));
  Scenario scenario;
  scenario.name = path.stem().string();
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const std::string_view text = trim(std::string_view(line).substr(0, line.find('#')));
    if (text.empty()) continue;
    try {
      const auto equals = text.find('=');
      if (equals == std::string_view::npos) throw Error(fmt::format("'{}': expected 'key = value'", text));
      scenario.set(trim(text.substr(0, equals)), trim(text.substr(equals + 1)));
    } catch (const Error& error) {
      throw Error(fmt::format("{}:{}: {}", path.string(), number, error.what()));
    }
  }
  scenario.check();
  return scenario;
}

}  // namespace descry::simulate
