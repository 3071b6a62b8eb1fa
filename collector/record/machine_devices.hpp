// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace descry {

/// The virtio devices of this machine in the form that imports read (parseDeviceListing); empty when there are none.
std::string virtioDeviceListing(const std::filesystem::path& sys = "/sys");

/// Processes that have a vhost device open, which makes them VMMs.
struct VhostOwner {
  pid_t pid = 0;
  std::string name, device;  ///< of the program; /dev/vhost-net ...
};
std::vector<VhostOwner> vhostOwners();

/// The file's content without a line end; empty when it cannot be read.
std::string textOf(const std::filesystem::path& path);

}  // namespace descry
