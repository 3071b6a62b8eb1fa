#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The layouts in which LTTng leaves one recording: rotated, a buffer per process, sent to a relay daemon, snapshots that
# overlap. Each is recorded here; it must have the events that Babeltrace counts, each once, and the chains that the program
# that was recorded says it served. WRITER: virtio_trace_writer.
set -euo pipefail
if [ "$WRITER" = none ]; then
  echo "skipped: built without LTTng-UST (package liblttng-ust-dev)"
  exit 77
fi
# shellcheck source=tests/lttng.sh
. "$SOURCE/tests/lttng.sh"
PATH=$(dirname "$DESCRY"):$(dirname "$COLLECTOR"):$PATH
export NO_COLOR=1
install -m 755 "$WRITER" "$scratch/virtio_trace_writer"

chains=0
# write EVENTS: plays so many events; $chains is what all of them together served since it was 0.
write() {
  "${run[@]}" ./virtio_trace_writer "$1" > "$scratch/written.json"
  chains=$((chains + $(python3 -c 'import json, sys
print(sum(queue["chains"] for queue in json.load(open(sys.argv[1]))["queues"]))' "$scratch/written.json")))
}

# session NAME CHANNEL-OPTIONS CREATE-OPTIONS...: started.
session() {
  local name=$1 channel=$2
  shift 2
  chains=0
  "${lttng[@]}" create "$name" "$@"
  # shellcheck disable=SC2086
  "${lttng[@]}" enable-channel -u --session="$name" $channel host
  "${lttng[@]}" enable-event -u --session="$name" --channel=host 'qemu:*'
  "${lttng[@]}" start "$name"
}

end_session() { "${lttng[@]}" stop "$1"; "${lttng[@]}" destroy "$1"; }

# holds NAME TRACES [CAPTURES]: below $scratch/NAME are that many traces; the import has each of their events once, in one
# capture or as many as said. $imported is what it said.
holds() {
  local name=$1 traces=$2 found events
  mapfile -t found < <(find "$scratch/$name" -name metadata -printf '%h\n')
  [ ${#found[@]} = "$traces" ] || { echo "$name: ${#found[@]} traces, expected $traces: ${found[*]}"; exit 1; }
  # One event of two snapshots is the same line twice.
  events=$(for trace in "${found[@]}"; do babeltrace2 --clock-cycles --no-delta "$trace"; done | sort -u | wc -l)
  imported=$(descry import --host "$scratch/$name" -o "$scratch/$name.db" 2>&1) || imported+=" (exit code $?)"
  grep -q " $events events" <<< "$imported" || { echo "$name: Babeltrace has $events events: $imported"; exit 1; }
  [ "$(sqlite3 "$scratch/$name.db" 'SELECT count(*) FROM capture')" = "${3:-1}" ] || { echo "$name: not ${3:-1} capture: $imported"; exit 1; }
}

all_chains() { # NAME
  local found
  found=$(sqlite3 "$scratch/$1.db" 'SELECT count(*) FROM chain')
  [ "$found" = "$chains" ] || { echo "$1: $found chains, the program served $chains: $imported"; exit 1; }
  ! grep -q 'exit code' <<< "$imported" || { echo "$1: $imported"; exit 1; }
}

session rotated '--buffers-uid --blocking-timeout=inf' --output="$scratch/rotated"
write 3000
"${lttng[@]}" rotate rotated
write 3000
"${lttng[@]}" rotate rotated
write 3000
end_session rotated
holds rotated 3
all_chains rotated

# A session with a second domain: kernel/ beside ust/. One recording of one machine: each event of both once.
session domains '--buffers-uid --blocking-timeout=inf' --output="$scratch/domains"
write 3000
end_session domains
python3 "$SOURCE/tests/cli/kernel_domain.py" "$(find "$scratch/domains/ust" -name metadata -printf '%h\n')" "$scratch/domains/kernel"
holds domains 2
all_chains domains
for trace in "$scratch/domains/kernel" "$scratch/domains"; do
  # The name of an event stands before its fields.
  babeltrace2 --clock-cycles --no-delta "$trace" | sed -E 's/^\[[0-9]+\] [^ ]+ ([^ ]+): \{.*/\1/' | sort | uniq -c | awk '{ print $2 "|" $1 }' > "$scratch/expected"
done
[ "$(wc -l < "$scratch/expected")" -ge 8 ] || { echo "domains: Babeltrace names few events: $(cat "$scratch/expected")"; exit 1; }
sqlite3 "$scratch/domains.db" "SELECT event, count FROM capture_event WHERE count > 0" | sort > "$scratch/found"
diff "$scratch/expected" "$scratch/found" || { echo "domains: Babeltrace counts other events (<)"; exit 1; }
# The same, each domain by itself: what the session was imported as is what its parts are.
expected=$(sqlite3 "$scratch/domains.db" 'SELECT count(*), sum(p_ns), sum(u_ns) FROM host_half')
descry import --host "$scratch/domains/ust" -o "$scratch/ust.db" > /dev/null
[ "$(sqlite3 "$scratch/ust.db" 'SELECT count(*), sum(p_ns), sum(u_ns) FROM host_half')" = "$expected" ] ||
  { echo "domains: the kernel's events change the halves"; exit 1; }

session processes '--buffers-pid --blocking-timeout=inf' --output="$scratch/processes"
write 2000
write 2000
end_session processes
# Two processes are two VMs: each has its own capture.
holds processes 2 2
all_chains processes

"${run[@]}" mkdir relayed
start_daemon relayd lttng-relayd --output="$scratch/relayed" --control-port=tcp://127.0.0.1:25342 \
  --data-port=tcp://127.0.0.1:25343 --live-port=tcp://127.0.0.1:25344
for _ in $(seq 100); do
  "${lttng[@]}" create relayed --set-url=net://127.0.0.1:25342:25343 2> /dev/null && break
  sleep 0.1
done
"${lttng[@]}" destroy relayed
session relayed '--buffers-uid --blocking-timeout=inf' --set-url=net://127.0.0.1:25342:25343
write 3000
end_session relayed
holds relayed 1
all_chains relayed

# On one CPU, so that there is one ring: 128 KiB, which is more than comes between two snapshots (some 50 KB) and less than all
# of it (five times as much).
cpu=$(awk '/^Cpus_allowed_list/ { split($2, cpus, /[-,]/); print cpus[1] }' /proc/self/status)
run+=(taskset -c "$cpu")
session snapshots '--buffers-uid --overwrite --subbuf-size=16k --num-subbuf=8' --snapshot --output="$scratch/snapshots"
for _ in 1 2 3 4 5; do
  write 900
  "${lttng[@]}" snapshot record --session=snapshots
done
end_session snapshots
holds snapshots 5
all_chains snapshots
events=$(sqlite3 "$scratch/snapshots.db" 'SELECT events FROM capture')
lines=$(find "$scratch/snapshots" -name metadata -printf '%h\n' | while read -r trace; do babeltrace2 "$trace"; done | wc -l)
last=$(babeltrace2 "$(find "$scratch/snapshots" -path '*-4/*' -name metadata -printf '%h\n')" | wc -l)
if [ "$lines" -le "$events" ] || [ "$last" -ge "$events" ]; then
  echo "the snapshots do not overlap, or one has it all: $lines lines, $last in the last, $events events"
  exit 1
fi
echo "all checks passed"
