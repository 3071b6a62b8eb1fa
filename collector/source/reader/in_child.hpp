// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

namespace descry {

// Libraries that read traces trust what stands in a file: a damaged one can end the program, or take all memory.

/// Whether `work` comes to its end in a process of its own, without a signal and in bounded time and memory.
bool survives(const std::function<void()>& work);

}  // namespace descry
