// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/virtio_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "schemas/model/vmm.hpp"
#include "schemas/text/lower.hpp"

namespace descry {

namespace {

constexpr std::array<std::pair<std::int64_t, std::string_view>, 27> kKinds = {{
    {1, "net"},     {2, "blk"},     {3, "console"}, {4, "rng"},  {5, "balloon"}, {7, "rpmsg"},  {8, "scsi"},
    {9, "9p"},      {11, "rproc"},  {12, "caif"},   {16, "gpu"}, {17, "clock"},  {18, "input"}, {19, "vsock"},
    {20, "crypto"}, {22, "pstore"}, {23, "iommu"},  {24, "mem"}, {25, "sound"},  {26, "fs"},    {27, "pmem"},
    {28, "rpmb"},   {29, "hwsim"},  {32, "scmi"},   {34, "i2c"}, {40, "bt"},     {41, "gpio"},
}};

/// What VMMs call them where that is another word.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 14> kOtherWords = {{
    {"serial", 3},
    {"virtio-serial", 3},
    {"memballoon", 5},
    {"block", 2},
    {"vga", 16},
    {"keyboard", 18},
    {"mouse", 18},
    {"tablet", 18},
    {"multitouch", 18},
    {"snd", 25},
    {"virtiofs", 26},
    {"filesystem", 26},
    {"network", 1},
    {"socket", 19},
}};

bool cutEnd(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}

bool cutStart(std::string_view& text, std::string_view start) {
  if (!text.starts_with(start)) return false;
  text.remove_prefix(start.size());
  return true;
}

struct FixedQueues {
  std::string_view kind;
  std::array<std::string_view, 3> names;  ///< by index; an empty name and all later ones are requests
};

constexpr std::array<FixedQueues, 5> kFixed = {{
    {"blk", {"", "", ""}},
    {"scsi", {"ctrl", "event", ""}},
    {"fs", {"hiprio", "", ""}},
    {"vsock", {"rx", "tx", "event"}},
    {"balloon", {"inflate", "deflate", "stats"}},
}};

bool isHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// True when `text` has the form of `pattern`, in which h stands for a hexadecimal digit; `h+` for one or more.
bool matches(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool repeated = i + 1 < pattern.size() && pattern[i + 1] == '+';
    if (at == text.size() || (pattern[i] == 'h' ? !isHex(text[at]) : text[at] != pattern[i])) return false;
    ++at;
    if (!repeated) continue;
    while (at < text.size() && isHex(text[at])) ++at;
    ++i;
  }
  return at == text.size();
}

}  // namespace

std::string deviceKind(std::int64_t deviceId) {
  for (const auto& [id, kind] : kKinds)
    if (id == deviceId) return std::string(kind);
  return fmt::format("device {}", deviceId);
}

std::optional<std::int64_t> deviceIdOfWord(std::string_view word) {
  for (const auto& [id, kind] : kKinds)
    if (kind == word) return id;
  for (const auto& [other, id] : kOtherWords)
    if (other == word) return id;
  return std::nullopt;
}

std::optional<QemuDriver> qemuDriver(std::string_view name) {
  QemuDriver driver;
  driver.vhostUser = cutStart(name, "vhost-user-");
  driver.kernelVhost = !driver.vhostUser && cutStart(name, "vhost-");
  if (!driver.vhostUser && !driver.kernelVhost && !cutStart(name, "virtio-")) return std::nullopt;
  driver.modernOnly = cutEnd(name, "-non-transitional");
  if (!driver.modernOnly) cutEnd(name, "-transitional");
  if (cutEnd(name, "-pci") || name.starts_with("vga"))
    driver.transport = "pci";
  else if (cutEnd(name, "-ccw"))
    driver.transport = "ccw";
  else if (cutEnd(name, "-device"))
    driver.transport = "mmio";
  const auto type = deviceIdOfWord(name.substr(0, name.find('-')));
  if (!type) return std::nullopt;
  driver.type = *type;
  return driver;
}

std::optional<std::string_view> vmmOf(std::string_view text) {
  const std::string lower = lowered(std::string(text));
  for (const VmmName& vmm : kVmmNames)
    if (vmm.runs.empty() && lower.find(vmm.option) != std::string::npos) return vmm.name;
  return std::nullopt;
}

std::optional<std::string_view> managerOf(std::string_view text) {
  // What each leaves in the command line, in the domain's XML, or in both.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kMarks = {{
      {"http://openstack.org/xmlns/libvirt/nova", "OpenStack"},
      {"manufacturer=OpenStack Foundation", "OpenStack"},
      {">OpenStack Foundation<", "OpenStack"},
      {"http://kubevirt.io", "KubeVirt"},
      {"manufacturer=KubeVirt", "KubeVirt"},
      {">KubeVirt<", "KubeVirt"},
      {"/run/qemu-server/", "Proxmox VE"},
      {"-xen-domid", "Xen"},
  }};
  for (const auto& [mark, name] : kMarks)
    if (text.find(mark) != std::string_view::npos) return name;
  return std::nullopt;
}

std::string pciBusId(unsigned domain, unsigned bus, unsigned slot, unsigned function) {
  return fmt::format("{:04x}:{:02x}:{:02x}.{:x}", domain, bus, slot, function);
}

std::string ccwBusId(unsigned cssid, unsigned ssid, unsigned number) {
  return fmt::format("{:x}.{:x}.{:04x}", cssid == 0xfe ? 0 : cssid, ssid, number);
}

std::optional<std::string_view> transportOfParent(std::string_view parent) {
  if (matches(parent, "hhhh+:hh:hh.h")) return "pci";
  if (matches(parent, "h+.h+.hhhh")) return "ccw";
  if (parent.find("virtio-mmio") != std::string_view::npos || parent.find("virtio_mmio") != std::string_view::npos ||
      parent.starts_with("LNRO0005:"))
    return "mmio";
  return std::nullopt;
}

std::optional<std::string_view> transportOfNotify(std::string_view function) {
  if (function.starts_with("vp_notify")) return "pci";
  if (function.starts_with("vm_notify")) return "mmio";
  if (function.starts_with("virtio_ccw_kvm_notify")) return "ccw";
  return std::nullopt;
}

bool addsByDirection(std::string_view kind) {
  constexpr std::array<std::string_view, 8> kDirectional = {"net",  "console", "rng",   "balloon",
                                                            "scsi", "rpmsg",   "input", "vsock"};
  return std::ranges::find(kDirectional, kind) != kDirectional.end();
}

std::string queueName(std::string_view kind, std::int64_t index, std::int64_t queues, std::optional<bool> hasControl) {
  if (kind == "net") {
    // Receive and transmit queues come in pairs, so an odd one at the end can only be the control queue.
    if (queues % 2 == 1 && index == queues - 1 && hasControl.value_or(true)) return "ctrl";
    return fmt::format("{}{}", index % 2 == 0 ? "rx" : "tx", index / 2);
  }
  const auto fixed = std::ranges::find(kFixed, kind, &FixedQueues::kind);
  if (fixed == kFixed.end()) return fmt::format("q{}", index);
  std::int64_t request = index;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(fixed->names.size()); ++i) {
    const auto name = fixed->names[static_cast<std::size_t>(i)];
    if (name.empty()) break;
    if (i == index) return std::string(name);
    --request;
  }
  return fmt::format("req{}", request);
}

}  // namespace descry
