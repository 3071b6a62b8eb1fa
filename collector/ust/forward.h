// SPDX-License-Identifier: GPL-2.0-or-later
/* The provider's one function. The collector loads it when its session is ready, so that no other command of it ever
   talks to a session daemon. */
#ifndef DESCRY_UST_FORWARD_H
#define DESCRY_UST_FORWARD_H

#include "collector/probes/records.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a record as an event. `record` is a structure of the type that its DescryHeader names, aligned as one. */
__attribute__((visibility("default"))) void descryForward(const void* record);

/* Writes the records in a batch as one event. */
__attribute__((visibility("default"))) void descryForwardBatch(const struct DescryBatch* batch);

#ifdef __cplusplus
}
#endif

#endif
