// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "analyzer/compare/comparison.hpp"
#include "gui/data/selection.hpp"

namespace descry::gui {

/// The queues of a compared transport, device or queue in one of the two cases.
Selection selectionOf(const ComparedLevel& level, const Case& all, bool ofBase);

/// The mean per chain of the whole latency (kWholeLatency) or of one Cause.
const Change& meanOf(const ComparedLevel& level, int cause);

/// The command with the same result in words; paths are quoted for the shell where they have to be.
std::string diffCommand(const std::string& base, const std::string& now);

}  // namespace descry::gui
