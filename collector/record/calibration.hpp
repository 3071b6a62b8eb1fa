// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace descry {

/// What getting into a probe and out of it costs on this machine besides what the probe does, in picoseconds: a cheap
/// system call is made often with an empty probe in it and without, and the fastest rounds are compared. 0 when that
/// cannot be measured. Takes a few milliseconds; nothing stays attached.
std::uint64_t measureOutsidePs(bool fentry);

/// The same of a uprobe on a function of a program that begins with a push, as most do, and of one on its return: each
/// takes a trap into the kernel.
struct UprobeCost {
  std::uint64_t entryPs = 0, returnPs = 0;
};
UprobeCost measureUprobePs();

}  // namespace descry
