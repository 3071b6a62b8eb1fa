#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Records virtio_trace_writer with LTTng-UST: make_trace.sh WRITER EVENTS DIRECTORY
# leaves DIRECTORY/host (the CTF trace) and DIRECTORY/written.json (what the writer says it wrote). Environment: CPUS, those
# that the writer may run on; each of them gets a stream.
set -euo pipefail

writer=$(realpath "$1")
events=$2
out=$3

# shellcheck source=tests/lttng.sh
. "$(dirname "$0")/../lttng.sh"

# The build tree may lie where nobody cannot read.
install -m 755 "$writer" "$scratch/virtio_trace_writer"
"${lttng[@]}" create bench --output="$scratch/trace"
"${lttng[@]}" enable-channel -u --session=bench --buffers-uid --subbuf-size=2M --num-subbuf=8 --blocking-timeout=inf host
"${lttng[@]}" add-context -u --session=bench --channel=host --type=vtid
"${lttng[@]}" enable-event -u --session=bench --channel=host 'qemu:*'
"${lttng[@]}" start bench
"${run[@]}" ${CPUS:+taskset -c "$CPUS"} ./virtio_trace_writer "$events" >"$scratch/written.json"
"${lttng[@]}" stop bench
"${lttng[@]}" destroy bench
kill -0 "${daemons[0]}" || { echo "make_trace.sh: the session daemon died:" >&2; cat "$scratch/sessiond.log" >&2; exit 1; }

mkdir -p "$out"
rm -rf "$out/host"
trace=$(dirname "$(find "$scratch/trace" -name metadata)")
cp -r "$trace" "$out/host"
cp "$scratch/written.json" "$out/written.json"
