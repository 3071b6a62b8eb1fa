// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <string_view>

namespace descry {

/// What runs or manages virtual machines, as facts, options and advice name it.
struct VmmName {
  std::string_view option;  ///< how people type it
  std::string_view name;    ///< how the table fact and sentences write it
  std::string_view runs;    ///< of what only manages: the VMM below it
};

// A word in a sentence stands for the first that fits.
inline constexpr std::array<VmmName, 11> kVmmNames = {{
    {"qemu", "QEMU", ""},
    {"cloud-hypervisor", "cloud-hypervisor", ""},
    {"firecracker", "Firecracker", ""},
    {"crosvm", "crosvm", ""},
    {"kvmtool", "kvmtool", ""},
    {"xen", "Xen", ""},
    {"vhost-user", "vhost-user", ""},
    {"libvirt", "libvirt", "QEMU"},
    {"proxmox", "Proxmox VE", "QEMU"},
    {"kubevirt", "KubeVirt", "QEMU"},
    {"openstack", "OpenStack", "QEMU"},
}};

/// The source in the table fact of what --vmm says: it counts more than all others.
inline constexpr std::string_view kVmmOption = "--vmm";

}  // namespace descry
