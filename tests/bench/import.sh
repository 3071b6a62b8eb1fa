#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How fast is the import? import.sh [WORK_DIRECTORY] records ten million events of virtio-blk devices with LTTng-UST
# (once: the trace stays in WORK_DIRECTORY) and reads them in turn with Babeltrace and with descry.
# Environment: EVENTS (10000000), ROUNDS (5).
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$root/build/bench/import}
events=${EVENTS:-10000000}
mkdir -p "$work"
work=$(cd "$work" && pwd)

"$root/tools/setup" build bench
"$root/tools/build" bench descry descry-collector virtio_trace_writer

trace=$work/trace-$events
if [ ! -e "$trace/written.json" ]; then
  echo "Recording $events events in $trace"
  "$root/tests/bench/make_trace.sh" "$root/build/bench/tests/bench/virtio_trace_writer" "$events" "$trace"
fi

exec "$root/tests/bench/measure.py" --bin "$root/build/bench" --trace "$trace" --work "$work" --rounds "${ROUNDS:-5}"
