// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/case/summary.hpp"
#include "analyzer/page/page.hpp"

namespace descry {

/// The phases of each queue that take more than a trifle of its latency, in the order of a chain's life.
Table phaseTable(const Summary& summary);

/// Of what the notification of each queue consists, and which rule judges each part. Without rows where it takes no
/// time.
Table notificationTable(const Summary& summary);
/// What of it was not recorded, and how to see it.
Sentences notificationLimits(const Summary& summary);

}  // namespace descry
