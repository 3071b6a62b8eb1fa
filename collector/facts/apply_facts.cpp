// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/apply_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "collector/facts/virtio_names.hpp"
#include "schemas/text/number.hpp"

namespace descry {

namespace {

std::optional<std::string_view> onlyTransport(std::uint8_t bits) {
  if (bits == kTransportPci) return "pci";
  if (bits == kTransportMmio) return "mmio";
  if (bits == kTransportCcw) return "ccw";
  return std::nullopt;  // none, or several
}

/// The number in virtioN, or an address in hexadecimal.
std::optional<std::uint64_t> numberAfter(std::string_view text, std::string_view prefix, int base) {
  if (!text.starts_with(prefix)) return std::nullopt;
  return toNumber<std::uint64_t>(text.substr(prefix.size()), base);
}

/// What stands behind swiotlb=; the kernel takes the last.
std::string_view swiotlbOption(std::string_view bootParameters) {
  constexpr std::string_view kOption = "swiotlb=";
  const auto start = bootParameters.rfind(kOption);
  if (start == std::string_view::npos) return {};
  const std::string_view value = bootParameters.substr(start + kOption.size());
  return value.substr(0, value.find(' '));
}

/// swiotlb=force, swiotlb=65536,force ...
bool forcesSwiotlb(std::string_view bootParameters) {
  const std::string_view value = swiotlbOption(bootParameters);
  return value == "force" || value.ends_with(",force");
}

/// The number of slots of swiotlb=65536, swiotlb=65536,4 ...
std::optional<std::int64_t> swiotlbSlots(std::string_view bootParameters) {
  const std::string_view value = swiotlbOption(bootParameters);
  return toNumber<std::int64_t>(value.substr(0, value.find(',')));
}

/// The kernel's vhost serves some kinds of devices.
bool vhostServes(std::int64_t type) {
  return type == 1 || type == 8 || type == 19;  // net, scsi, vsock
}

/// One machine while its rows are being completed.
class Machine {
 public:
  Machine(FactStore& store, std::string_view vm, const MachineFacts& facts,
          const std::vector<SurveyedCapture>& captures)
      : m_store(store), m_vm(vm), m_facts(facts), m_captures(captures) {}

  void complete() {
    for (const SurveyedCapture& capture : m_captures) {
      applySideFacts(m_store, capture, capture.side == Side::Guest ? m_facts.guest : m_facts.host);
      noteBackend(capture);
    }
    completeGuest();
    completeHost();
    notePool();  // asks which transport the devices have
    checkVhost();
    nameQueues(m_store, devices(std::nullopt), m_facts);
  }

 private:
  std::vector<DeviceRow*> devices(std::optional<Side> side);
  void notePool();
  bool isS390();
  void completeGuest();
  void completeHost();
  std::vector<DeviceRow> devicesOfFacts();
  bool areFactsOf(const DeviceRow& hostDevice) const;
  void noteBackend(const SurveyedCapture& capture);
  void addSilentDevices(std::int64_t captureId);
  const DeviceFacts* factsOf(const DeviceRow& device) const;
  Backend backendOf(const DeviceFacts* facts) const;
  void applyKind(DeviceRow& device, const DeviceFacts& facts);
  void applyTransport(DeviceRow& device, const DeviceFacts& facts);
  void checkVhost();
  std::string sourceOf(const DeviceRow& device) const;
  void applyDevice(DeviceRow& device, const DeviceFacts& facts);
  void applyFeatures(DeviceRow& device, const DeviceFacts& facts);
  void applyQueues(const DeviceRow& device, const DeviceFacts& facts);
  void applyQueue(QueueRow& queue, const DeviceRow& device, const DeviceFacts& facts);
  void inferTransport(DeviceRow& device, const SurveyedCapture& capture);
  std::optional<std::string_view> transportByEvents(const DeviceRow& device, const SurveyedCapture& capture) const;
  const SurveyedCapture& captureOf(const DeviceRow& device) const;
  void contradiction(const DeviceRow& device, QueueId queueId, std::string_view what, std::string_view said,
                     std::string_view traced);

  FactStore& m_store;
  std::string_view m_vm;
  const MachineFacts& m_facts;
  const std::vector<SurveyedCapture>& m_captures;
  Backend m_backend;
};

const SurveyedCapture& Machine::captureOf(const DeviceRow& device) const {
  return *std::ranges::find(m_captures, device.captureId, &SurveyedCapture::captureId);
}

std::vector<DeviceRow*> Machine::devices(std::optional<Side> side) {
  std::vector<DeviceRow*> found;
  for (DeviceRow& device : m_store.devices) {
    const auto capture = std::ranges::find(m_captures, device.captureId, &SurveyedCapture::captureId);
    if (capture != m_captures.end() && (!side || capture->side == *side)) found.push_back(&device);
  }
  return found;
}

void Machine::noteBackend(const SurveyedCapture& capture) {
  const std::string said = m_facts.host.backend.value_or("");
  m_backend.vhost |= said.find("vhost") != std::string::npos;
  m_backend.qemu |= said.find("QEMU") != std::string::npos;
  if (capture.side != Side::Host) return;
  m_backend.vhost |= capture.survey.servedByVhost();
  m_backend.qemu |= capture.survey.servedByQemu();
}

const DeviceFacts* Machine::factsOf(const DeviceRow& device) const {
  const auto found = std::ranges::find(m_facts.devices, device.name, &DeviceFacts::name);
  return found == m_facts.devices.end() ? nullptr : &*found;
}

void Machine::notePool() {
  const SideFacts& guest = m_facts.guest;
  const SwiotlbFacts& said = guest.swiotlb;
  const auto option = swiotlbSlots(guest.bootParameters.value_or(""));
  if (!said.any() && !option && !guest.memoryBytes && !guest.protectedGuest) return;
  SwiotlbPoolRow row;
  row.vm = m_vm;
  row.source = said.source.empty() ? m_facts.source : said.source;
  if (option) row.optionSlots = *option;
  if (guest.memoryBytes) row.memoryBytes = *guest.memoryBytes;
  if (guest.protectedGuest) row.protection = !*guest.protectedGuest ? "none" : isS390() ? "s390" : "x86";
  if (said.slots) row.poolSlots = *said.slots;
  if (said.usedSlots) row.usedSlots = *said.usedSlots;
  if (said.full) row.full = *said.full;
  if (said.largestRefusedBytes) row.refusedBytes = *said.largestRefusedBytes;
  m_store.swiotlbPools.push_back(std::move(row));
}

/// The two kinds of protected guests differ in their pools; channel I/O is s390x's.
bool Machine::isS390() {
  if (m_facts.guest.kernel.value_or("").find("s390") != std::string::npos) return true;
  const std::vector<DeviceRow*> all = devices(Side::Guest);
  return std::ranges::any_of(all, [](const DeviceRow* device) { return device->transport == "ccw"; });
}

void Machine::completeGuest() {
  const auto guest = std::ranges::find(m_captures, Side::Guest, &SurveyedCapture::side);
  if (guest == m_captures.end()) return;
  addSilentDevices(guest->captureId);
  const bool forced = m_facts.guest.protectedGuest == true || forcesSwiotlb(m_facts.guest.bootParameters.value_or(""));
  for (DeviceRow* device : devices(Side::Guest)) {
    const DeviceFacts* facts = factsOf(*device);
    if (facts) applyDevice(*device, *facts);
    if (device->transport == "unknown") inferTransport(*device, captureOf(*device));
    if (forced) device->swiotlbForced = 1;
    if (device->active != 0) applyTranslation(*device, facts, backendOf(facts));
  }
}

/// Who serves one device: what is said of it counts more than what serves some device of the machine.
Backend Machine::backendOf(const DeviceFacts* facts) const {
  Backend backend = m_backend;
  if (!facts || !facts->vhost) return backend;
  backend.vhost = *facts->vhost;
  const auto vmm = m_facts.more.find("vmm");
  backend.qemu |=
      !backend.vhost && !facts->more.contains("backend") && vmm != m_facts.more.end() && vmm->second == "QEMU";
  return backend;
}

/// Devices without any event in the guest's trace.
void Machine::addSilentDevices(std::int64_t captureId) {
  const auto known = devices(Side::Guest);
  std::vector<std::string> names;
  for (const DeviceRow* device : known) names.push_back(device->name);
  for (const DeviceFacts& facts : m_facts.devices) {
    if (facts.name.empty() || std::ranges::find(names, facts.name) != names.end()) continue;
    DeviceRow device;
    device.captureId = captureId;
    device.vm = m_vm;
    device.name = facts.name;
    if (facts.active) device.active = *facts.active ? 1 : 0;
    m_store.addDevice(std::move(device));
  }
}

/// " (guest.xml)"
std::string Machine::sourceOf(const DeviceRow& device) const {
  const DeviceFacts* facts = factsOf(device);
  return facts && !facts->source.empty() ? fmt::format(" ({})", facts->source) : "";
}

void Machine::contradiction(const DeviceRow& device, QueueId queueId, std::string_view what, std::string_view said,
                            std::string_view traced) {
  m_store.anomaly("facts-contradict-trace", Doubt::Warning, device.captureId, queueId, kUnseen,
                  fmt::format("{}: {} is {} in the facts{}, {} in the trace; are the facts of another machine?",
                              device.name, what, said, sourceOf(device), traced));
}

/// What events prove counts more than what is said.
void Machine::applyKind(DeviceRow& device, const DeviceFacts& facts) {
  if (!facts.type) return;
  const std::string kind = deviceKind(*facts.type);
  if (device.kindSource == "inferred" && device.kind != kind && !addsByDirection(kind))
    return contradiction(device, kUnseenQueue, "the kind", kind, device.kind);
  device.kind = kind;
  device.kindSource = "facts";
}

void Machine::applyTransport(DeviceRow& device, const DeviceFacts& facts) {
  auto transport = facts.parent ? transportOfParent(*facts.parent) : std::nullopt;
  if (!transport && facts.transport) transport = *facts.transport;
  if (!transport && m_facts.transport) transport = *m_facts.transport;
  if (!transport) return;
  const auto proved = device.captureId > 0 ? transportByEvents(device, captureOf(device)) : std::nullopt;
  if (proved && proved != transport) return contradiction(device, kUnseenQueue, "the transport", *transport, *proved);
  device.transport = *transport;
  device.transportSource = "facts";
}

/// A device whose queues the kernel's vhost serves, where the facts say of every device it could be that none does.
void Machine::checkVhost() {
  bool saidOff = false;
  for (const DeviceFacts& facts : m_facts.devices) {
    if (facts.type && !vhostServes(*facts.type)) continue;
    if (facts.vhost != false) return;
    saidOff = true;
  }
  if (!saidOff) return;
  for (const DeviceRow* device : devices(Side::Host))
    if (device->vhost == 1) contradiction(*device, kUnseenQueue, "vhost", "off", "on");
}

void Machine::applyDevice(DeviceRow& device, const DeviceFacts& facts) {
  applyKind(device, facts);
  applyTransport(device, facts);
  if (facts.vhost && !seen(device.vhost)) device.vhost = *facts.vhost ? 1 : 0;
  if (facts.parent) device.busId = facts.parent;
  if (facts.vmmId) device.vmmId = facts.vmmId;
  if (facts.iommuGroupType) device.iommuGroupType = facts.iommuGroupType;
  const bool traced = seen(device.featuresNegotiated);
  if (facts.active == false && !traced) return;  // nothing was negotiated
  applyFeatures(device, facts);
  applyQueues(device, facts);
}

/// A listing of the devices may be older than the driver: what the rings had when they were used counts more.
void Machine::applyFeatures(DeviceRow& device, const DeviceFacts& facts) {
  const bool traced = seen(device.featuresNegotiated), said = facts.features && facts.active != false;
  if (traced && said && std::cmp_not_equal(*facts.features, device.featuresNegotiated))
    contradiction(device, kUnseenQueue, "the set of features", fmt::format("0x{:x}", *facts.features),
                  fmt::format("0x{:x}", device.featuresNegotiated));
  if (!traced && said) device.featuresNegotiated = static_cast<std::int64_t>(*facts.features);
  const auto flag = facts.accessPlatform ? facts.accessPlatform : negotiatedFeature(device, kAccessPlatform);
  if (flag && !traced) device.accessPlatform = *flag ? 1 : 0;
}

void Machine::applyQueues(const DeviceRow& device, const DeviceFacts& facts) {
  for (QueueRow& queue : m_store.queues)
    if (queue.deviceId == device.deviceId) applyQueue(queue, device, facts);
}

void Machine::applyQueue(QueueRow& queue, const DeviceRow& device, const DeviceFacts& facts) {
  const auto bit = [&](std::optional<bool> said, unsigned feature) {
    const auto negotiated = negotiatedFeature(device, feature);
    return facts.active == false || !said ? negotiated : said;
  };
  const auto eventIdx = bit(facts.eventIdx, kEventIndex), indirect = bit(facts.indirect, kIndirectDescriptors);
  if (eventIdx) queue.eventIdx = *eventIdx ? 1 : 0;
  if (indirect) queue.indirect = *indirect ? 1 : 0;
  const auto said = std::ranges::find(facts.queues, queue.queueIndex, &QueueFacts::index);
  auto packed = bit(facts.packed, kPackedRing);
  const bool isReceive = device.kind != "net" || (seen(queue.queueIndex) && queue.queueIndex % 2 == 0);
  auto size = isReceive && device.kind != "scsi" ? facts.ringSize : std::nullopt;
  if (said != facts.queues.end() && said->size) size = said->size;
  if (size && seen(queue.size) && queue.size != *size)
    contradiction(device, queue.queueId, "the ring size", fmt::to_string(*size), fmt::to_string(queue.size));
  if (size && !seen(queue.size)) queue.size = *size;
  if (said != facts.queues.end()) {
    if (said->packed) packed = said->packed;
    if (said->ring && !queue.ringAddress) queue.ringAddress = said->ring;
  }
  if (!packed) return;
  const std::string layout = *packed ? "packed" : "split";
  if (queue.layout && *queue.layout != layout)
    contradiction(device, queue.queueId, "the ring layout", layout, *queue.layout);
  if (!queue.layout) queue.layout = layout;
}

std::optional<std::string_view> Machine::transportByEvents(const DeviceRow& device,
                                                           const SurveyedCapture& capture) const {
  const auto number = capture.side == Side::Guest ? numberAfter(device.name, "virtio", 10)
                                                  : numberAfter(device.address.value_or(""), "0x", 16);
  if (number) {
    const auto found = capture.survey.transports().find(*number);
    if (found != capture.survey.transports().end()) return onlyTransport(found->second);
    const auto function = m_facts.guest.probedFunctions.find("notify");
    if (capture.side == Side::Guest && capture.survey.notifying().contains(*number) &&
        function != m_facts.guest.probedFunctions.end())
      return transportOfNotify(function->second);
  }
  // Events of a transport that name no device, from the host.
  std::uint8_t bits = 0;
  for (const SurveyedCapture& other : m_captures)
    if (other.side == Side::Host) bits |= other.survey.anyTransport();
  return onlyTransport(bits);
}

void Machine::inferTransport(DeviceRow& device, const SurveyedCapture& capture) {
  if (const auto transport = transportByEvents(device, capture)) {
    device.transport = *transport;
    device.transportSource = "inferred";
  }
}

/// The guest's devices as the facts alone describe them, for a host whose guest was not recorded.
std::vector<DeviceRow> Machine::devicesOfFacts() {
  std::vector<DeviceRow> found;
  for (const DeviceFacts& facts : m_facts.devices) {
    DeviceRow device;
    device.name = facts.name;
    if (facts.active == false) device.active = 0;
    applyDevice(device, facts);
    if (device.active != 0) applyTranslation(device, &facts, backendOf(&facts));
    found.push_back(std::move(device));
  }
  return found;
}

/// What all devices of a machine have in common; "unknown" or nothing where they differ.
DeviceRow commonOf(const std::vector<DeviceRow>& devices) {
  std::optional<DeviceRow> common, active;
  for (const DeviceRow& device : devices) {
    if (!common) common = device;
    if (common->kind != device.kind) common->kind = "unknown";
    if (common->transport != device.transport) common->transport = "unknown";
    if (device.active == 0) continue;
    if (!active) active = device;
    if (active->translation != device.translation || active->translationReason != device.translationReason)
      active->translation.reset();
  }
  DeviceRow result = common.value_or(DeviceRow());
  result.translation = active ? active->translation : std::nullopt;
  result.translationReason = active ? active->translationReason : std::nullopt;
  return result;
}

/// Whether a device of the host can be one of those that the facts name. Facts of another machine, such as one in which
/// this host is itself a guest, say nothing of it.
bool Machine::areFactsOf(const DeviceRow& hostDevice) const {
  return hostDevice.vhost != 1 || m_facts.devices.empty() ||
         std::ranges::any_of(m_facts.devices, [](const DeviceFacts& facts) {
           return facts.vhost != false && (!facts.type || vhostServes(*facts.type));
         });
}

/// The host's events do not name the guest's devices, so only what holds for all of them can be said of each.
void Machine::completeHost() {
  const DeviceRow ofFacts = commonOf(devicesOfFacts());
  std::vector<DeviceRow> guests;
  for (const DeviceRow* device : devices(Side::Guest)) guests.push_back(*device);
  const DeviceRow ofTrace = commonOf(guests);
  for (DeviceRow* device : devices(Side::Host)) {
    const DeviceRow said = areFactsOf(*device) ? ofFacts : DeviceRow();
    const DeviceRow& guest = guests.empty() ? said : ofTrace;
    if (device->transport == "unknown") inferTransport(*device, captureOf(*device));
    const std::string transport = said.transport != "unknown" ? said.transport : m_facts.transport.value_or("unknown");
    if (transport != "unknown") {
      device->transport = transport;
      device->transportSource = "facts";
    }
    if (device->kind == "unknown" && said.kind != "unknown") {
      device->kind = said.kind;
      device->kindSource = "facts";
    } else if (device->kind == "unknown" && device->vhost == 1 && captureOf(*device).survey.servedByVhostNet()) {
      device->kind = "net";
      device->kindSource = "inferred";
    }
    if (!device->translation && guest.translation == wordOf(Translation::NotInPath)) {
      device->translation = guest.translation;
      device->translationReason = guest.translationReason;
    }
  }
}

}  // namespace

std::optional<bool> negotiatedFeature(const DeviceRow& device, unsigned bit) {
  if (!seen(device.featuresNegotiated)) return std::nullopt;
  return ((static_cast<std::uint64_t>(device.featuresNegotiated) >> bit) & 1U) != 0;
}

void applyFacts(FactStore& store, std::string_view vm, const MachineFacts& facts,
                const std::vector<SurveyedCapture>& captures) {
  Machine(store, vm, facts, captures).complete();
}

}  // namespace descry
