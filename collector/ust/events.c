// SPDX-License-Identifier: GPL-2.0-or-later
/* The definitions behind the provider's events, once per library that has them. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "collector/ust/provider.h"
