#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Records virtio_trace_writer with LTTng-UST: make_trace.sh WRITER EVENTS DIRECTORY
# leaves DIRECTORY/host (the CTF trace) and DIRECTORY/written.json (what the writer says it wrote). Environment: CPUS, those
# that the writer may run on; each of them gets a stream.
#
# The session daemon is a private one with a home of its own. A daemon that runs as root always uses the machine-wide
# run directory, so for root everything here runs as nobody.
set -euo pipefail

writer=$(realpath "$1")
events=$2
out=$3

for tool in lttng lttng-sessiond babeltrace2; do
  if ! command -v "$tool" >/dev/null; then
    echo "make_trace.sh: $tool is not installed (packages lttng-tools and babeltrace2)" >&2
    exit 77
  fi
done

scratch=$(mktemp -d "${TMPDIR:-/tmp}/descry-lttng.XXXXXX")
run=(env --chdir="$scratch")
if [ "$(id -u)" = 0 ]; then
  chown 65534:65534 "$scratch"
  run=(setpriv --reuid=65534 --regid=65534 --clear-groups "${run[@]}")
fi
run+=("HOME=$scratch" "LTTNG_HOME=$scratch" LTTNG_UST_REGISTER_TIMEOUT=-1 LTTNG_UST_ALLOW_BLOCKING=1)

daemon=
finish() {
  if [ -n "$daemon" ]; then
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  fi
  rm -rf "$scratch"
}
trap finish EXIT

# The build tree may lie where nobody cannot read.
install -m 755 "$writer" "$scratch/virtio_trace_writer"
"${run[@]}" lttng-sessiond --no-kernel >"$scratch/sessiond.log" 2>&1 &
daemon=$!
for _ in $(seq 100); do
  "${run[@]}" lttng --no-sessiond list >/dev/null 2>&1 && break
  sleep 0.1
done

lttng=("${run[@]}" lttng --no-sessiond --quiet)
"${lttng[@]}" create bench --output="$scratch/trace"
"${lttng[@]}" enable-channel -u --session=bench --buffers-uid --subbuf-size=2M --num-subbuf=8 --blocking-timeout=inf host
"${lttng[@]}" add-context -u --session=bench --channel=host --type=vtid
"${lttng[@]}" enable-event -u --session=bench --channel=host 'qemu:*'
"${lttng[@]}" start bench
"${run[@]}" ${CPUS:+taskset -c "$CPUS"} ./virtio_trace_writer "$events" >"$scratch/written.json"
"${lttng[@]}" stop bench
"${lttng[@]}" destroy bench
kill -0 "$daemon" || { echo "make_trace.sh: the session daemon died:" >&2; cat "$scratch/sessiond.log" >&2; exit 1; }

mkdir -p "$out"
rm -rf "$out/host"
trace=$(dirname "$(find "$scratch/trace" -name metadata)")
cp -r "$trace" "$out/host"
cp "$scratch/written.json" "$out/written.json"
