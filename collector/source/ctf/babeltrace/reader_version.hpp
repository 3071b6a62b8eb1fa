// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace descry {

/// Version of the Babeltrace library that reads CTF traces.
std::string traceReaderVersion();

}  // namespace descry
