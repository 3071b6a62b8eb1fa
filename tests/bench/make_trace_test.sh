#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make_trace_test.sh WRITER: records ten thousand events and compares what Babeltrace counts in the trace with what the
# writer says it wrote. Exit code 77 (skipped) without LTTng.
set -euo pipefail

writer=$1
if [ "$writer" = none ]; then
  echo "skipped: built without LTTng-UST (package liblttng-ust-dev)"
  exit 77
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$(dirname "$0")/make_trace.sh" "$writer" 10000 "$scratch"
babeltrace2 "$scratch/host" >"$scratch/events.txt"

written() { # KEY: the sum over all queues, or the total
  python3 -c 'import json, sys
written = json.load(open(sys.argv[1]))
print(written.get(sys.argv[2]) or sum(queue[sys.argv[2]] for queue in written["queues"]))' "$scratch/written.json" "$1"
}

expect() { # WHAT WRITTEN RECORDED
  if [ "$2" != "$3" ]; then
    echo "$1: the writer wrote $2, the trace has $3" >&2
    exit 1
  fi
}

count() { grep -c " qemu:$1: " "$scratch/events.txt" || true; }

expect events "$(written events)" "$(wc -l <"$scratch/events.txt")"
for event in virtqueue_pop virtqueue_fill virtqueue_flush virtio_blk_rw_complete; do
  expect "$event" "$(written chains)" "$(count "$event")"
done
expect kicks "$(written kicks)" "$(count virtio_queue_notify)"
expect interrupts "$(written interrupts)" "$(count virtio_notify_irqfd)"
[ "$(written events)" -ge 10000 ]
