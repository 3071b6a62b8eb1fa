// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/vmm/program_file.hpp"

namespace descry {

/// Where a QEMU program keeps what a probe reads: offsets in bytes in its structures VirtIODevice, VirtQueue and
/// VirtQueueElement.
struct QemuLayout {
  std::uint32_t deviceFeatures = 0, deviceQueues = 0, deviceId = 0;
  std::uint32_t queueBytes = 0;  ///< of a VirtQueue; a device has an array of them
  std::uint32_t ringSize = 0, ringAddress = 0, lastAvail = 0, queueIndex = 0, vector = 0, queueDevice = 0;
  std::uint32_t guestNotifier = 0, hostNotifier = 0;
  std::uint32_t elementHead = 0, elementOut = 0, elementIn = 0;
};

/// The layout as the program's own functions use it: each of them gets one member, and is exported. Throws Error that
/// says which function is missing, or what of the result cannot be right.
QemuLayout deriveQemuLayout(const ProgramFile& program);

/// Throws Error when the offsets cannot be those of a QEMU.
void checkPlausible(const QemuLayout& layout);

/// The functions that a short one ends in, if there are `count` of them: the compiler may have written out the short
/// one in its callers, but not those. Else empty.
std::vector<ProgramFile::Function> workersOf(const ProgramFile& program, std::string_view name, std::size_t count);

/// File offset for a uprobe at the beginning of a function: behind `endbr64`, which would be stepped over in a second
/// trap, where a push, which most functions begin with, takes none.
std::uint64_t probeOffset(const ProgramFile& program, const ProgramFile::Function& function);

}  // namespace descry
