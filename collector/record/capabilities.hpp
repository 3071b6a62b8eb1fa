// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace descry {

/// A capability a recording uses, and what for.
struct NeededCapability {
  int number;
  const char* name;
  const char* purpose;
};

/// Those that `descry record` uses.
const std::vector<NeededCapability>& neededCapabilities();
/// Those of them that this process lacks.
std::vector<NeededCapability> missingCapabilities();
/// Throws Error that names what is missing and how to get it.
void requireCapabilities();
/// Gives up every capability, for good. False when the kernel refuses.
bool dropCapabilities();

}  // namespace descry
