// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/qemu_devices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "collector/facts/json_node.hpp"
#include "collector/facts/memory_size.hpp"
#include "collector/facts/offered.hpp"
#include "collector/facts/virtio_names.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/number.hpp"

namespace descry {

namespace {

/// Options of a device that are written in several ways.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kSameOptions = {{
    {"num_queues", "queues"},
    {"virtqueue_size", "queue_size"},
    {"guest_cid", "cid"},
}};

std::optional<unsigned> hexadecimal(std::string_view digits) {
  if (digits.starts_with("0x")) digits.remove_prefix(2);
  return toNumber<unsigned>(digits, 16);
}

struct Slot {
  unsigned slot = 0, function = 0;
};

/// "0x5", "05.1": in hexadecimal, as QEMU reads it.
std::optional<Slot> slotOf(std::string_view address) {
  const auto dot = address.find('.');
  const auto slot = hexadecimal(address.substr(0, dot));
  const auto function = dot == std::string_view::npos ? std::optional(0U) : hexadecimal(address.substr(dot + 1));
  if (!slot || !function || *slot > 31 || *function > 7) return std::nullopt;
  return Slot{*slot, *function};
}

bool isBridge(std::string_view driver) {
  return driver.ends_with("-bridge") || driver.ends_with("-root-port") || driver.ends_with("-downstream") ||
         driver.ends_with("-upstream") || driver == "ioh3420" || driver == "x3130-upstream";
}

bool isRootBus(std::string_view bus) {
  return bus.empty() || bus == "pci.0" || bus == "pcie.0";
}

/// The name of an option in the form in which they are looked up.
std::string optionName(std::string name) {
  std::ranges::replace(name, '-', '_');
  for (const auto& [other, same] : kSameOptions)
    if (name == other) return std::string(same);
  return name;
}

/// The options of QEMU that take words with blanks, which ps shows without quotes.
std::string restOf(const std::vector<std::string>& words, std::size_t& at) {
  std::string text = words[at];
  while (at + 1 < words.size() && !words[at + 1].starts_with('-')) text += " " + words[++at];
  return text;
}

}  // namespace

void readQemuOptions(const std::vector<std::string>& words, const std::string& origin, MachineFacts& facts) {
  QemuDevices devices(origin);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with('-') || i + 1 == words.size()) continue;
    const std::string option = words[i].substr(words[i].starts_with("--") ? 2 : 1);
    if (option == "accel" && (words[i + 1].starts_with("kvm") || words[i + 1].starts_with("tcg")))
      facts.more["kvm"] = words[i + 1].starts_with("kvm") ? "on" : "off";
    if (option == "append")
      facts.guest.bootParameters = restOf(words, ++i);
    else if (devices.take(option, words[i + 1]))
      ++i;
  }
  devices.finish(facts);
}

QemuDevices::Options QemuDevices::optionsOf(const std::string& value, std::string_view first) const {
  Options options;
  const auto add = [&options](std::string name, std::string text) {
    options.insert_or_assign(optionName(std::move(name)), std::move(text));
  };
  if (value.starts_with('{')) {
    const nlohmann::json json =
        parsedJson(value, m_origin + ": an option of QEMU", "an object such as {\"driver\": \"virtio-net-pci\"}");
    JsonNode(&json, m_origin + ": an option of QEMU: ").eachMember([&](const std::string& name, const JsonNode& node) {
      if (const auto word = node.word()) add(name, *word);
    });
    return options;
  }
  std::string_view left = value;
  for (bool isFirst = true; !left.empty(); isFirst = false) {
    const std::string_view part = left.substr(0, left.find(','));
    left.remove_prefix(std::min(part.size() + 1, left.size()));
    const auto equals = part.find('=');
    if (equals != std::string_view::npos)
      add(std::string(part.substr(0, equals)), std::string(part.substr(equals + 1)));
    else if (isFirst)
      add(std::string(first), std::string(part));
    else
      add(std::string(part), "on");  // "vhost" alone means vhost=on
  }
  return options;
}

bool QemuDevices::take(std::string_view option, const std::string& value) {
  if (option == "device") {
    Given given{optionsOf(value, "driver"), ""};
    given.driver = given.options["driver"];
    m_devices.push_back(std::move(given));
  } else if (option == "netdev") {
    Options options = optionsOf(value, "type");
    const std::string id = options["id"];
    m_netdevs[id] = std::move(options);
  } else if (option == "machine" || option == "M") {
    for (auto& [name, text] : optionsOf(value, "type")) m_machine[name] = text;
  } else if (option == "set") {
    takeSet(value);
  } else if (option == "global") {
    takeGlobal(value);
  } else if (option == "m") {
    m_memory = memorySize(optionsOf(value, "size")["size"], "M");
  } else if (option == "drive") {
    if (Options options = optionsOf(value, "file"); options["if"] == "virtio")
      m_devices.push_back({{{"drive", options["id"]}}, "virtio-blk", true});
  } else if (option == "nic") {
    // The interface and what is behind it in one option.
    Options options = optionsOf(value, "type");
    const std::string model = options["model"];
    if (!model.starts_with("virtio")) return true;
    const std::string id = fmt::format("nic{}", m_devices.size());
    options["netdev"] = id;
    m_devices.push_back({options, model == "virtio" ? "virtio-net" : model, true});
    m_netdevs[id] = std::move(options);
  } else {
    return false;
  }
  return true;
}

/// -set device.ID.OPTION=VALUE
void QemuDevices::takeSet(std::string_view value) {
  constexpr std::string_view kGroup = "device.";
  const auto equals = value.find('=');
  if (!value.starts_with(kGroup) || equals == std::string_view::npos) return;
  const std::string_view place = value.substr(kGroup.size(), equals - kGroup.size());
  const auto dot = place.rfind('.');
  if (dot == std::string_view::npos) return;
  m_changed.push_back({std::string(place.substr(0, dot)), "", optionName(std::string(place.substr(dot + 1))),
                       std::string(value.substr(equals + 1))});
}

/// -global DRIVER.OPTION=VALUE, or -global driver=DRIVER,property=OPTION,value=VALUE
void QemuDevices::takeGlobal(const std::string& value) {
  Options options = optionsOf(value, "");
  if (options.contains("driver")) {
    m_changed.push_back({"", options["driver"], optionName(options["property"]), options["value"]});
    return;
  }
  const auto equals = value.find('='), dot = value.find('.');
  if (dot < equals && equals != std::string::npos)
    m_changed.push_back(
        {"", value.substr(0, dot), optionName(value.substr(dot + 1, equals - dot - 1)), value.substr(equals + 1)});
}

/// What was given with the device itself prevails over -global, and -set over that.
void QemuDevices::change(const Changed& changed) {
  for (Given& device : m_devices) {
    const auto id = device.options.find("id");
    if (!changed.id.empty() && id != device.options.end() && id->second == changed.id)
      device.options.insert_or_assign(changed.option, changed.value);
    else if (!changed.driver.empty() && changed.driver == device.driver)
      device.options.try_emplace(changed.option, changed.value);
  }
}

/// Whether a device that another source than options described is meant.
bool QemuDevices::isMeant(const Changed& changed, const DeviceFacts& device) {
  if (!changed.id.empty()) return device.vmmId == changed.id;
  const auto driver = qemuDriver(changed.driver);
  return driver && driver->type == device.type && (!device.transport || device.transport == driver->transport);
}

/// The firmware numbers buses in depth first, in the order of the bridges' slots.
std::optional<unsigned> QemuDevices::busNumber(const std::string& wanted) const {
  struct Bridge {
    std::string id, bus;
    unsigned devfn;
  };
  std::vector<Bridge> bridges;
  for (const Given& device : m_devices) {
    if (device.driver.starts_with("pxb")) return std::nullopt;
    if (!isBridge(device.driver)) continue;
    const auto text = [&device](std::string_view name) {
      const auto found = device.options.find(name);
      return found == device.options.end() ? std::string() : found->second;
    };
    const auto slot = slotOf(text("addr"));
    if (!slot) return std::nullopt;
    bridges.push_back({text("id"), text("bus"), slot->slot * 8 + slot->function});
  }
  std::ranges::stable_sort(bridges, {}, &Bridge::devfn);
  unsigned number = 0;
  std::optional<unsigned> found;
  const auto visit = [&](const auto& self, const std::string& bus, bool isRoot) -> void {
    for (const Bridge& bridge : bridges) {
      if (isRoot ? !isRootBus(bridge.bus) : bridge.bus != bus) continue;
      if (++number > 255) return;  // bridges that lie on their own bus
      if (bridge.id == wanted) found = number;
      if (!bridge.id.empty()) self(self, bridge.id, false);
    }
  };
  visit(visit, "", true);
  return found;
}

std::optional<std::string> QemuDevices::busId(const Given& device, std::string_view transport) const {
  if (transport == "ccw") {
    const auto number = device.options.find("devno");
    if (number == device.options.end()) return std::nullopt;
    const std::string_view text = number->second;  // fe.0.0001
    const auto first = text.find('.'), second = text.rfind('.');
    if (first == std::string_view::npos || first == second) return std::nullopt;
    const auto cssid = hexadecimal(text.substr(0, first)),
               ssid = hexadecimal(text.substr(first + 1, second - first - 1));
    const auto devno = hexadecimal(text.substr(second + 1));
    return cssid && ssid && devno ? std::optional(ccwBusId(*cssid, *ssid, *devno)) : std::nullopt;
  }
  const auto address = device.options.find("addr");
  const auto bus = device.options.find("bus");
  const auto slot = address == device.options.end() ? std::nullopt : slotOf(address->second);
  if (!slot) return std::nullopt;
  const std::string name = bus == device.options.end() ? "" : bus->second;
  const auto number = isRootBus(name) ? std::optional(0U) : busNumber(name);
  return number ? std::optional(pciBusId(0, *number, slot->slot, slot->function)) : std::nullopt;
}

/// Who serves a network device is an option of what is behind it.
void QemuDevices::addBackend(const Given& given, DeviceFacts& device) const {
  const auto id = given.options.find("netdev");
  const auto netdev = id == given.options.end() ? m_netdevs.end() : m_netdevs.find(id->second);
  if (netdev == m_netdevs.end()) return;
  const Options& options = netdev->second;
  const auto on = [&options](std::string_view name) {
    const auto found = options.find(name);
    return found != options.end() && switchOf(found->second) == true;
  };
  const auto type = options.find("type");
  const std::string kind = type == options.end() ? "" : type->second;
  if (kind == "vhost-user" || kind == "vhost-vdpa") device.more["backend"] = kind;
  // QEMU's default is off, unless a file of vhost is handed over.
  const auto said = options.find("vhost");
  device.vhost = said != options.end()
                     ? switchOf(said->second)
                     : std::optional(on("vhostforce") || options.contains("vhostfd") || options.contains("vhostfds"));
  if (const auto queues = options.find("queues"); queues != options.end()) takeOption(device, "queues", queues->second);
}

void QemuDevices::addVirtio(const Given& given, MachineFacts& facts) const {
  const auto driver = qemuDriver(given.driver);
  if (!driver) return;
  DeviceFacts device;
  device.type = driver->type;
  if (driver->transport) device.transport = *driver->transport;
  if (const auto id = given.options.find("id"); id != given.options.end()) device.vmmId = id->second;
  if (const auto mac = given.options.find("mac"); mac != given.options.end()) device.mac = mac->second;
  device.label = device.vmmId.value_or(fmt::format("{} {}", given.driver, facts.devices.size() + 1));
  device.parent = busId(given, device.transport.value_or("pci"));
  for (const auto& [option, value] : given.options) takeOption(device, option, value);
  if (driver->modernOnly) device.more["disable_legacy"] = "on";
  if (driver->vhostUser) device.more["backend"] = "vhost-user";
  constexpr std::int64_t kNet = 1, kBlk = 2, kScsi = 8;
  if (driver->kernelVhost || driver->vhostUser)
    device.vhost = driver->kernelVhost;
  else if (driver->type == kBlk || driver->type == kScsi)
    device.vhost = false;
  if (driver->type == kNet) addBackend(given, device);
  facts.devices.push_back(std::move(device));
}

void QemuDevices::addIommu(const Given& given, MachineFacts& facts) const {
  const std::string& driver = given.driver;
  if (driver != "intel-iommu" && driver != "amd-iommu" && !driver.starts_with("virtio-iommu") && driver != "arm-smmuv3")
    return;
  facts.more["viommu"] = driver == "arm-smmuv3" ? "smmuv3" : driver.substr(0, driver.find('-'));
  for (const std::string name : {"device_iotlb", "caching_mode"})
    if (const auto found = given.options.find(name); found != given.options.end())
      if (const auto on = switchOf(found->second)) facts.more[name] = *on ? "on" : "off";
}

void QemuDevices::finish(MachineFacts& facts) {
  for (const Changed& changed : m_changed) {
    change(changed);
    for (DeviceFacts& device : facts.devices)
      if (isMeant(changed, device)) takeOption(device, changed.option, changed.value);
  }
  // QEMU gives each -device the lowest free slot.
  facts.inOrder = facts.devices.empty() && std::ranges::none_of(m_devices, [](const Given& device) {
                    return device.implied || device.options.contains("addr") || device.options.contains("devno") ||
                           device.options.contains("bus");
                  });
  for (const Given& device : m_devices) {
    addVirtio(device, facts);
    addIommu(device, facts);
  }
  const auto machine = [this](std::string_view name) {
    const auto found = m_machine.find(name);
    return found == m_machine.end() ? std::string() : found->second;
  };
  if (const std::string type = machine("type"); !type.empty()) facts.more["machine"] = type;
  if (m_memory) facts.guest.memoryBytes = m_memory;
  if (const std::string iommu = machine("iommu"); !iommu.empty()) facts.more["viommu"] = iommu;
  for (const std::string_view option : {"confidential_guest_support", "memory_encryption"})
    if (const std::string object = machine(option); !object.empty()) {
      facts.more["protection"] = object;
      facts.guest.protectedGuest = true;
    }
}

}  // namespace descry
