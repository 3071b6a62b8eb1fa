// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <vector>

#include "collector/source/ctf/files/ctf_metadata.hpp"

namespace descry {

/// The first packet of each stream file that must not come before Babeltrace, which ends the program or fills the
/// memory over it. Nothing when the packet reader does not understand the metadata. Throws Error when a stream has no
/// clock, over which Babeltrace ends the program, too.
std::vector<BadPacket> findBadPackets(const std::filesystem::path& trace);

}  // namespace descry
