// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <memory>

#include "collector/event/source.hpp"

namespace descry {

/// Reads the CTF trace in the directory `trace` with libbabeltrace2, which knows all of CTF 1.8 and is the reference
/// for the reader of collector/source/ctf/packets/.
std::unique_ptr<Source> openWithBabeltrace(const std::filesystem::path& trace);

}  // namespace descry
