// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace descry {

/// Virtio feature bits that matter here (virtio 1.2, sections 5 and 6).
enum FeatureBit : unsigned {
  kNetControlQueue = 17,
  kIndirectDescriptors = 28,
  kEventIndex = 29,
  kAccessPlatform = 33,
  kPackedRing = 34,
};

/// net, blk ... by virtio device id (virtio 1.2, section 5); `device N` for one without a name here.
std::string deviceKind(std::int64_t deviceId);

/// The virtio device id that goes with a word of a VMM: net, blk, serial, keyboard ...; nothing for one without an id
/// here.
std::optional<std::int64_t> deviceIdOfWord(std::string_view word);

/// "virtio-blk-pci-non-transitional", "vhost-user-fs-ccw": what QEMU calls a device.
struct QemuDriver {
  std::int64_t type = 0;                        ///< virtio device id
  std::optional<std::string_view> transport;    ///< pci, ccw, mmio
  bool vhostUser = false, kernelVhost = false;  ///< as the name says
  bool modernOnly = false;
};
std::optional<QemuDriver> qemuDriver(std::string_view name);

/// QEMU, cloud-hypervisor, Firecracker, crosvm ..., from the name of a program or a sentence with it.
std::optional<std::string_view> vmmOf(std::string_view text);

/// OpenStack, KubeVirt, Proxmox VE or Xen, from what it leaves in a command line of QEMU or in the XML of libvirt.
std::optional<std::string_view> managerOf(std::string_view text);

/// 0000:01:00.0, 0.0.0001: bus ids as the guest's kernel writes them.
std::string pciBusId(unsigned domain, unsigned bus, unsigned slot, unsigned function);
/// QEMU puts virtio devices into subchannel set fe, which a guest sees as 0.
std::string ccwBusId(unsigned cssid, unsigned ssid, unsigned number);

/// pci, ccw or mmio, from the form of the bus id of the device's parent; nothing when it has none of these forms.
std::optional<std::string_view> transportOfParent(std::string_view parent);

/// pci, ccw or mmio, from the kernel function that rings its doorbell.
std::optional<std::string_view> transportOfNotify(std::string_view function);

/// Whether drivers of the kind add buffers with the functions that name a direction. Most that do are network drivers,
/// and a trace alone takes a device for one.
bool addsByDirection(std::string_view kind);

/// rx0, tx0, ctrl, req0 ... `queues` is the number of queues of the device as far as known; `hasControl` says whether
/// a net device negotiated a control queue, if that is known.
std::string queueName(std::string_view kind, std::int64_t index, std::int64_t queues, std::optional<bool> hasControl);

}  // namespace descry
