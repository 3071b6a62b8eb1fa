// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "collector/event/source.hpp"
#include "collector/facts/fact_store.hpp"

namespace descry {

/// When the trace of a capture has events of any name: table capture_time. `origin` is that of the capture.
void noteHeard(FactStore& store, std::int64_t captureId, Ns origin, const TraceInfo& info);

}  // namespace descry
