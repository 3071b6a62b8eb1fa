// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "collector/probes/records.h"
#include "schemas/store/rows.hpp"

namespace descry {

/// What the probes counted in an epoch, in the columns for it; the other columns stay as they are.
void takeCounts(const descry_host_epoch& record, QueueEpochRow& row);
void takeCounts(const descry_guest_epoch& record, QueueEpochRow& row);

}  // namespace descry
