// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/ust/forward.h"

#include "collector/ust/provider.h"

#define DESCRY_FORWARD(name, fields)                                         \
  case Descry_##name:                                                        \
    lttng_ust_tracepoint(descry, name, (const struct descry_##name*)record); \
    break;

void descryForward(const void* record) {
  switch (((const struct DescryHeader*)record)->type) {
    DESCRY_FOLDED(DESCRY_FORWARD)
    DESCRY_RAW(DESCRY_FORWARD)
    default:
      break;
  }
}

void descryForwardBatch(const struct DescryBatch* batch) {
  lttng_ust_tracepoint(descry, records, batch);
}
