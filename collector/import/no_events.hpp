// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "collector/event/source.hpp"

namespace descry {

/// What kept the events of a trace from being used.
struct UnusedEvents {
  std::vector<std::string> missingFields;  ///< "add_sgs has no field dev, q": a sentence per event name
  std::string unread;                      ///< the first line of a text that is not an event
};

/// Why a trace has nothing of a virtio ring in it, and what to record instead: "contains no virtio ...".
std::string whyNoEvents(const TraceInfo& info, const UnusedEvents& unused);

}  // namespace descry
