// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "schemas/store/rows.hpp"

namespace descry {

/// Probe points that were attached or not, but never hit, though what was counted elsewhere cannot happen without them:
/// a kernel that inlines a function, or does its work under another name. A sentence for each; `counts` is the sum over
/// a queue's epochs, or over many queues.
std::vector<std::string> silentPoints(const QueueEpochRow& counts);

/// Adds what silentPoints() looks at.
void addCounts(QueueEpochRow& sum, const QueueEpochRow& counts);

}  // namespace descry
