// SPDX-License-Identifier: GPL-2.0-or-later
// Facts of a domain of libvirt, as `virsh dumpxml` prints it. What it configures is what QEMU offers; a driver in the
// guest may take less. So a feature that is off is off, and one that is on was offered: only VIRTIO_F_ACCESS_PLATFORM
// cannot be declined.
#include <fmt/format.h>

#include <array>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "collector/facts/facts_file.hpp"
#include "collector/facts/memory_size.hpp"
#include "collector/facts/offered.hpp"
#include "collector/facts/qemu_devices.hpp"
#include "collector/facts/virtio_names.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/number.hpp"

namespace descry {

namespace {

std::optional<unsigned> numberOf(const pugi::xml_attribute& attribute) {
  std::string_view digits = attribute.value();
  const bool hex = digits.starts_with("0x");
  if (hex) digits.remove_prefix(2);
  return toNumber<unsigned>(digits, hex ? 16 : 10);
}

std::optional<std::string> valueOf(const pugi::xml_attribute& attribute) {
  return attribute.empty() ? std::nullopt : std::optional<std::string>(attribute.value());
}

void readAddress(const pugi::xml_node& address, DeviceFacts& device) {
  const std::string_view type = address.attribute("type").value();
  if (type == "pci") {
    device.transport = "pci";
    const auto bus = numberOf(address.attribute("bus")), slot = numberOf(address.attribute("slot"));
    if (bus && slot)
      device.parent = pciBusId(numberOf(address.attribute("domain")).value_or(0), *bus, *slot,
                               numberOf(address.attribute("function")).value_or(0));
  } else if (type == "ccw") {
    device.transport = "ccw";
    if (const auto number = numberOf(address.attribute("devno")))
      device.parent = ccwBusId(numberOf(address.attribute("cssid")).value_or(0xfe),
                               numberOf(address.attribute("ssid")).value_or(0), *number);
  } else if (type == "virtio-mmio") {
    device.transport = "mmio";
  }
}

constexpr std::array<std::pair<const char*, std::string_view>, 11> kDriverOptions = {{
    {"iommu", "iommu_platform"},
    {"packed", "packed"},
    {"event_idx", "event_idx"},
    {"ats", "ats"},
    {"ioeventfd", "ioeventfd"},
    {"queues", "queues"},
    {"queue_size", "queue_size"},
    {"rx_queue_size", "rx_queue_size"},
    {"tx_queue_size", "tx_queue_size"},
    {"iothread", "iothread"},
    {"page_per_vq", "page_per_vq"},
}};

void readDriver(const pugi::xml_node& node, DeviceFacts& device) {
  for (const pugi::xml_node& driver : node.children("driver"))
    for (const auto& [attribute, option] : kDriverOptions)
      if (const auto value = valueOf(driver.attribute(attribute)))
        takeOption(device, option, option == "iothread" ? "iothread" + *value : *value);
}

void readModel(std::string_view model, DeviceFacts& device) {
  if (model.ends_with("-non-transitional")) device.more["disable_legacy"] = "on";
}

/// Who serves a network interface: without a word of it libvirt takes vhost where the host has it.
void readInterface(const pugi::xml_node& node, DeviceFacts& device) {
  const std::string_view type = node.attribute("type").value(), driver = node.child("driver").attribute("name").value();
  if (type == "vhostuser") device.more["backend"] = "vhost-user";
  if (type == "vdpa") device.more["backend"] = "vhost-vdpa";
  if (type == "vhostuser" || type == "vdpa" || type == "user" || driver == "qemu")
    device.vhost = false;
  else if (driver == "vhost")
    device.vhost = true;
  device.mac = valueOf(node.child("mac").attribute("address"));
}

/// The virtio device id of an element below <devices>; nothing for what is not a virtio device.
std::optional<std::int64_t> typeOf(const pugi::xml_node& node) {
  const std::string_view name = node.name(), model = node.attribute("model").value();
  const std::string_view modelType = node.child("model").attribute("type").value();
  const bool isVirtio = model.starts_with("virtio");
  if (name == "interface" && modelType.starts_with("virtio")) return 1;
  if (name == "disk" && std::string_view(node.child("target").attribute("bus").value()) == "virtio") return 2;
  if (name == "controller") {
    const std::string_view type = node.attribute("type").value();
    if (type == "virtio-serial") return 3;
    return type == "scsi" && isVirtio ? std::optional<std::int64_t>(8) : std::nullopt;
  }
  if (name == "filesystem")
    return std::string_view(node.child("driver").attribute("type").value()) == "virtiofs" ? 26 : 9;
  if (name == "input")
    return isVirtio || std::string_view(node.attribute("bus").value()) == "virtio" ? std::optional<std::int64_t>(18)
                                                                                   : std::nullopt;
  if (name == "video" && modelType.starts_with("virtio")) return 16;
  if (name == "memory" && (model == "virtio-mem" || model == "virtio-pmem")) return model == "virtio-mem" ? 24 : 27;
  if (name == "hostdev" && std::string_view(node.child("source").attribute("protocol").value()) == "vhost") return 8;
  const bool isPlain = name == "memballoon" || name == "rng" || name == "vsock" || name == "crypto" || name == "sound";
  return isPlain && isVirtio ? deviceIdOfWord(name) : std::nullopt;
}

/// What people would call the device: its alias, else its target, else its element and place.
std::string labelOf(const pugi::xml_node& node, std::size_t place) {
  if (const auto alias = valueOf(node.child("alias").attribute("name"))) return *alias;
  if (const auto target = valueOf(node.child("target").attribute("dev"))) return *target;
  return fmt::format("{} {}", node.name(), place);
}

void readDevice(const pugi::xml_node& node, MachineFacts& facts) {
  const auto type = typeOf(node);
  if (!type) return;
  DeviceFacts device;
  device.type = type;
  device.label = labelOf(node, facts.devices.size() + 1);
  device.vmmId = valueOf(node.child("alias").attribute("name"));
  readAddress(node.child("address"), device);
  readDriver(node, device);
  readModel(node.attribute("model").value(), device);
  readModel(node.child("model").attribute("type").value(), device);
  const std::string_view name = node.name();
  if (name == "interface") readInterface(node, device);
  if (name == "disk") device.vhost = false;  // the kernel does not serve a disk of vhost-user either
  if (name == "disk" && std::string_view(node.attribute("type").value()) == "vhostuser")
    device.more["backend"] = "vhost-user";
  if (name == "hostdev" || name == "vsock") device.vhost = true;
  facts.devices.push_back(std::move(device));
}

void readIommu(const pugi::xml_node& iommu, MachineFacts& facts) {
  facts.more["viommu"] = iommu.attribute("model").value();
  const pugi::xml_node driver = iommu.child("driver");
  for (const auto& [attribute, name] : {std::pair{"iotlb", "device_iotlb"}, {"caching_mode", "caching_mode"}})
    if (const auto value = valueOf(driver.attribute(attribute))) facts.more[name] = *value;
}

bool hasName(const pugi::xml_node& node, std::string_view name) {
  const std::string_view full = node.name();  // qemu:commandline, with whatever prefix stands for the namespace
  const auto colon = full.find(':');
  return colon != std::string_view::npos && full.substr(colon + 1) == name;
}

/// <qemu:commandline>: options that libvirt hands on to QEMU as they are; and <qemu:override>: what it changes in a
/// device, by its alias, which is what -set does.
void readQemuNamespace(const pugi::xml_node& domain, const std::string& origin, MachineFacts& facts) {
  std::vector<std::string> words;
  for (const pugi::xml_node& part : domain.children())
    for (const pugi::xml_node& node : part.children()) {
      if (hasName(part, "commandline") && hasName(node, "arg")) words.emplace_back(node.attribute("value").value());
      if (!hasName(part, "override")) continue;
      for (const pugi::xml_node& frontend : node.children())
        for (const pugi::xml_node& property : frontend.children()) {
          words.emplace_back("-set");
          words.push_back(fmt::format("device.{}.{}={}", node.attribute("alias").value(),
                                      property.attribute("name").value(), property.attribute("value").value()));
        }
    }
  if (!words.empty()) readQemuOptions(words, origin, facts);
}

void readDomain(const pugi::xml_node& domain, MachineFacts& facts) {
  facts.listsAll = true;
  facts.more["managed_by"] = "libvirt";
  const std::string_view type = domain.attribute("type").value();
  if (type == "kvm" || type == "qemu" || vmmOf(domain.child("devices").child("emulator").child_value()) == "QEMU")
    facts.more["vmm"] = "QEMU";
  if (type == "kvm" || type == "qemu") facts.more["kvm"] = type == "kvm" ? "on" : "off";
  if (const auto machine = valueOf(domain.child("os").child("type").attribute("machine")))
    facts.more["machine"] = *machine;
  if (const pugi::xml_node line = domain.child("os").child("cmdline")) facts.guest.bootParameters = line.child_value();
  if (const pugi::xml_node memory = domain.child("memory"))
    facts.guest.memoryBytes = memorySize(memory.child_value(), memory.attribute("unit").as_string("KiB"));
  if (const pugi::xml_node security = domain.child("launchSecurity")) {
    facts.more["protection"] = security.attribute("type").value();
    facts.guest.protectedGuest = true;
  }
  for (const pugi::xml_node& node : domain.child("devices").children()) {
    readDevice(node, facts);
    if (std::string_view(node.name()) == "iommu") readIommu(node, facts);
  }
}

}  // namespace

MachineFacts parseLibvirtXml(std::string_view text, const std::string& origin) {
  pugi::xml_document document;
  const auto result = document.load_buffer(text.data(), text.size());
  if (!result)
    throw Error(fmt::format("{}: not valid XML at byte {}: {}; expected what `virsh dumpxml` prints", origin,
                            result.offset, result.description()));
  const auto domains = document.select_nodes("//domain");
  if (domains.size() != 1)
    throw Error(
        fmt::format("{}: holds {} domains; expected one, as `virsh dumpxml` prints it", origin, domains.size()));
  MachineFacts facts;
  readDomain(domains[0].node(), facts);
  readQemuNamespace(domains[0].node(), origin, facts);
  if (const auto manager = managerOf(text)) facts.more["managed_by"] = *manager;
  // libosinfo's id of the guest's system, which virt-manager and others write.
  if (text.find("http://microsoft.com/win") != std::string_view::npos) facts.more["guest_os"] = "Windows";
  return facts;
}

}  // namespace descry
