// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "collector/vmm/vhost_user_layout.hpp"

namespace descry {

/// A function that a process has loaded: where a probe goes.
struct LoadedFunction {
  std::filesystem::path file;    ///< by way of the process
  std::uint64_t fileOffset = 0;  ///< in it
};

/// A process that serves queues of a guest by way of vhost-user.
struct VhostUserBackend {
  pid_t pid = 0;
  std::string name;            ///< of its program
  std::string library;         ///< name of the file that has DPDK's vhost library: the program itself, or a shared one
  bool replaced = false;       ///< that file has no name any more: another version was installed
  std::uint64_t loadedAt = 0;  ///< what an address of that file is greater by in the process
  std::vector<LoadedFunction> bursts;  ///< rte_vhost_dequeue_burst, rte_vhost_enqueue_burst: those it has
  std::optional<LoadedFunction> eventfdWrite;
  VhostUserLayout layout;
  std::string refusal;  ///< why it cannot be probed; empty: it can
};

/// Those that have loaded DPDK's vhost library, and those that have mapped the memory of a guest that a VMM of this
/// machine runs. What keeps one from being probed is in its refusal.
std::vector<VhostUserBackend> runningVhostUserBackends(const std::filesystem::path& proc = "/proc");

/// One of them, whatever it is called. Throws Error when there is no such process.
VhostUserBackend vhostUserBackend(pid_t pid, const std::filesystem::path& proc = "/proc");

}  // namespace descry
