// SPDX-License-Identifier: GPL-2.0-or-later
/* LTTng-UST provider `descry`: one event per structure of probes/records.h, with the same names. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER descry

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "collector/ust/provider.h"

#if !defined(DESCRY_UST_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define DESCRY_UST_PROVIDER_H

#include <lttng/tracepoint.h>

#include "collector/probes/records.h"

#ifndef DESCRY_UST_FIELDS
#define DESCRY_UST_FIELDS
#define DESCRY_FIELD_u64(name) lttng_ust_field_integer(uint64_t, name, record->name)
#define DESCRY_FIELD_s64(name) lttng_ust_field_integer(int64_t, name, record->name)
#define DESCRY_FIELD_u32(name) lttng_ust_field_integer(uint32_t, name, record->name)
#define DESCRY_FIELD_s32(name) lttng_ust_field_integer(int32_t, name, record->name)
#define DESCRY_FIELD(type, name) DESCRY_FIELD_##type(name)
#define DESCRY_TIME lttng_ust_field_integer(uint64_t, ns, record->header.ns)
#define DESCRY_TASK \
  lttng_ust_field_integer(uint32_t, tid, record->header.tid) lttng_ust_field_integer(uint32_t, cpu, record->header.cpu)
#define DESCRY_FOLDED_EVENT(name, fields)                                                          \
  LTTNG_UST_TRACEPOINT_EVENT(descry, name, LTTNG_UST_TP_ARGS(const struct descry_##name*, record), \
                             LTTNG_UST_TP_FIELDS(DESCRY_TIME fields(DESCRY_FIELD)))
#define DESCRY_RAW_EVENT(name, fields)                                                             \
  LTTNG_UST_TRACEPOINT_EVENT(descry, name, LTTNG_UST_TP_ARGS(const struct descry_##name*, record), \
                             LTTNG_UST_TP_FIELDS(DESCRY_TIME DESCRY_TASK fields(DESCRY_FIELD)))
#endif

LTTNG_UST_TRACEPOINT_EVENT(descry, records, LTTNG_UST_TP_ARGS(const struct DescryBatch*, batch),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint64_t, layout, batch->layout)
                                                   lttng_ust_field_sequence(uint64_t, numbers, batch->numbers, uint32_t,
                                                                            batch->count)))
DESCRY_FOLDED(DESCRY_FOLDED_EVENT)
DESCRY_RAW(DESCRY_RAW_EVENT)

#endif

#include <lttng/tracepoint-event.h>
