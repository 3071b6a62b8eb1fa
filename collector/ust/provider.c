// SPDX-License-Identifier: GPL-2.0-or-later
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "collector/ust/provider.h"

#include "collector/ust/forward.h"

#define DESCRY_FORWARD(name, fields)                                         \
  case Descry_##name:                                                        \
    lttng_ust_tracepoint(descry, name, (const struct descry_##name*)record); \
    break;

void descryForward(const struct DescryHeader* record) {
  switch (record->type) {
    DESCRY_FOLDED(DESCRY_FORWARD)
    DESCRY_RAW(DESCRY_FORWARD)
    default:
      break;
  }
}
