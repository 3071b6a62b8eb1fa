// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "collector/event/source.hpp"

namespace descry {

/// `source` with its times in nanoseconds, if its clock counts ticks, of which there are `khz` in a millisecond. A
/// trace whose clock counts nanoseconds stays as it is.
std::unique_ptr<Source> inNanoseconds(std::unique_ptr<Source> source, std::int64_t khz);

}  // namespace descry
