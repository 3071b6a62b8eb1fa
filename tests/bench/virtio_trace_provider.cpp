// SPDX-License-Identifier: GPL-2.0-or-later
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "tests/bench/virtio_trace_provider.h"
