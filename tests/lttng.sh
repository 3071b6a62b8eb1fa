#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A private session daemon of LTTng, with a home of its own that ends with the script: for scripts that set -euo pipefail.
# Gives $scratch (the home), "${run[@]}" (what puts a command into it) and "${lttng[@]}".
# A daemon that runs as root always uses the machine-wide run directory, so for root everything here runs as nobody.

for tool in lttng lttng-sessiond babeltrace2; do
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: $tool is not installed (packages lttng-tools and babeltrace2)" >&2
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
lttng=("${run[@]}" lttng --no-sessiond --quiet)

daemons=()
end_daemons() {
  local daemon
  for daemon in "${daemons[@]}"; do
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  done
  rm -rf "$scratch"
}
trap end_daemons EXIT

# start_daemon NAME COMMAND...: runs until the script ends; its output is in $scratch/NAME.log.
start_daemon() {
  local log=$scratch/$1.log
  shift
  "${run[@]}" "$@" >"$log" 2>&1 &
  daemons+=($!)
}

start_daemon sessiond lttng-sessiond --no-kernel
for _ in $(seq 100); do
  "${lttng[@]}" list >/dev/null 2>&1 && break
  sleep 0.1
done
