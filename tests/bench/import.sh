#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How fast is the import? import.sh [WORK_DIRECTORY] records ten million events of virtio-blk devices with LTTng-UST
# (once: the trace stays in WORK_DIRECTORY) and reads them in turn with Babeltrace and with descry.
# Environment: EVENTS (10000000), ROUNDS (5), STREAMS: 1 records on one CPU, any other number deals the packets of the trace
# out to as many streams; as many as there are CPUs when it is not set.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$root/build/bench/import}
events=${EVENTS:-10000000}
mkdir -p "$work"
work=$(cd "$work" && pwd)

"$root/tools/setup" build bench
"$root/tools/build" bench descry descry-collector virtio_trace_writer

streams=${STREAMS:-}
record() { # DIRECTORY
  [ ! -e "$1/written.json" ] || return 0
  echo "Recording $events events in $1"
  "$root/tests/bench/make_trace.sh" "$root/build/bench/tests/bench/virtio_trace_writer" "$events" "$1"
}
trace=$work/trace-$events
case $streams in
  '') record "$trace" ;;
  1)
    trace+=-1
    CPUS=0 record "$trace"
    ;;
  *)
    record "$trace"
    if [ ! -e "$trace-$streams/written.json" ]; then
      rm -rf "$trace-$streams/host"
      "$root/tests/bench/spread_streams.py" "$trace/host" "$trace-$streams/host" "$streams"
      cp "$trace/written.json" "$trace-$streams"
    fi
    trace+=-$streams
    ;;
esac

exec "$root/tests/bench/measure.py" --bin "$root/build/bench" --trace "$trace" --work "$work" --rounds "${ROUNDS:-5}"
