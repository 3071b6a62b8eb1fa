// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "collector/event/source.hpp"

namespace descry {

/// Fills in who recorded the trace and where. `environment` gives the value of a name of the trace's `env`.
void describeTracer(TraceInfo& info, const std::function<std::optional<std::string>(const char*)>& environment);

}  // namespace descry
