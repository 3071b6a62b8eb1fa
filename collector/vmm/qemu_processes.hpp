// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "collector/vmm/qemu_layout.hpp"

namespace descry {

/// A function of a QEMU that a probe can be put on.
struct QemuPlace {
  std::string function;
  bool inWorkers = false;                  ///< they are those of what the function ends in
  std::vector<std::uint64_t> fileOffsets;  ///< in its program; empty: it has none
};

/// A QEMU that runs on this machine, also in a container: its program is opened by way of its process.
struct QemuProcess {
  pid_t pid = 0;
  std::string name;  ///< of its program
  /// /proc/PID/exe, which is the file that it runs even when another has taken its name, or in another mount namespace.
  std::filesystem::path program;
  bool replaced = false;  ///< the file has no name any more: another version was installed
  std::string refusal;    ///< why it cannot be probed; empty: it can
  QemuLayout layout;
  /// Not empty: it is probed by its static trace points (USDT), because its functions cannot be.
  std::string whyTracePoints;
};

/// All of them, by their names: qemu-system-*, qemu-kvm. What keeps one from being probed is in its refusal.
std::vector<QemuProcess> runningQemus(const std::filesystem::path& proc = "/proc");

/// Why a program cannot be probed; empty when it can.
std::string qemuRefusal(const std::filesystem::path& program);

/// One of them, whatever it is called. Throws Error when there is no such process.
QemuProcess qemuProcess(pid_t pid, const std::filesystem::path& proc = "/proc");

/// Where this function begins, or what it hands its work to.
QemuPlace qemuPlace(const ProgramFile& program, const std::string& function);

/// Whether KVM runs the guest of this QEMU; else it is emulated.
bool usesKvm(const QemuProcess& qemu);

}  // namespace descry
