// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/fold/fold.hpp"
#include "collector/record/kernel_offsets.hpp"

namespace descry {

struct TraceCmdOptions {
  Side side = Side::Guest;
  std::string release, architecture;     ///< of the kernel to be traced; architecture as uname -m says
  std::optional<KernelOffsets> offsets;  ///< of that kernel; else those that are known of its release
};

struct KprobeDefinition {
  std::string text;
  bool optional = false;  ///< not every kernel of this kind has the function
};

/// What uname -r or uname -m can say: it goes into a script that root runs.
bool isUnameWord(std::string_view text);
/// Definitions of kprobe events of group `descry`, as `kprobe_events` of tracefs takes them. Throws Error when the
/// kernel's offsets are not known.
std::vector<KprobeDefinition> kprobeDefinitions(const TraceCmdOptions& options);
/// A shell script that defines them, records with trace-cmd and removes them again.
std::string traceCmdScript(const TraceCmdOptions& options);

}  // namespace descry
