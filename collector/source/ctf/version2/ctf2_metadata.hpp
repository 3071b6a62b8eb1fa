// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace descry {

/// True when `metadata` is a sequence of JSON texts, which only CTF 2 has.
bool isCtf2(std::string_view metadata);

/// The metadata of a CTF 2 trace in the language of CTF 1.8. The layout of packets is the same in both, so its readers
/// then read the trace. Throws Error, without the file's name, for what CTF 1.8 cannot say.
std::string translateCtf2(std::string_view metadata);

}  // namespace descry
