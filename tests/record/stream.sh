#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Records the kernel's vhost-net and, with --with-ust, a vhost-user backend that reports itself with descry-ust: once into a
# directory, once over the network to an lttng-relayd. Expects what is imported to hold as many chains as the workloads made
# themselves. Without a relay daemon a recording must not begin: stream.sh KERNEL. Exit code 77: cannot run here.
set -euo pipefail
lab=${DESCRY_LAB:-$SOURCE/samples/lab}
kernel=${1:-6.12}
packets=3200 requests=500

skip() { echo "skipped: $1"; exit 77; }
command -v qemu-system-x86_64 >/dev/null || skip "there is no qemu-system-x86_64 (tools/setup lab)"
for program in lttng-sessiond lttng-relayd; do
  command -v $program >/dev/null || skip "there is no $program (tools/setup build)"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/inside" <<END
wait_for() { # COMMAND...: until it succeeds
  tries=0
  while ! "\$@" 2> /dev/null && [ \$tries -lt 300 ]; do usleep 100000; tries=\$((tries + 1)); done
}
listening() { grep -q ':14DE ' /proc/net/tcp; } # port 5342
workload() { # NAME
  echo "vhost_loop --packets $packets --truth /out/\$1.truth && rng_requests /tmp/\$1.sock $requests > /out/\$1.answered"
}
run() { # NAME OPTION...
  name=\$1; shift
  vhost_user_rng "/tmp/\$name.sock" &
  wait_for [ -S "/tmp/\$name.sock" ]
  descry-collector record --side host --with-ust 'descry:*' "\$@" -- sh -c "\$(workload "\$name")" > "/out/\$name.log" 2>&1
  echo "\$name: ended with \$?" >> /out/result
}
descry-collector record --side host --stream 127.0.0.1 -- touch /out/it-ran > /out/nobody.log 2>&1
echo "nobody: ended with \$?" >> /out/result
run local -o /out/local
lttng-relayd --daemonize --output /out/relayed
wait_for listening
run streamed --stream 127.0.0.1
descry-collector record --side host --stream 127.0.0.1 -- vhost_loop --packets $packets --truth /out/alone.truth > /out/alone.log 2>&1
echo "alone: ended with \$?" >> /out/result
ps | grep -E 'lttng-(sessiond|consumerd)' | grep -v grep >> /out/result
killall lttng-relayd
usleep 500000
exit 0
END
bin=$(dirname "$COLLECTOR")
code=0
"$lab/boot" --kernel "$kernel" --loop --descry -o "$work/out" --with "$bin/vhost_user_rng" --with "$RNG_REQUESTS" \
  --with lttng-relayd --file "$work/inside=/inside" -- sh /inside || code=$?
[ $code != 77 ] || skip "a package for the lab cannot be had"
expected="nobody: ended with 1
local: ended with 0
streamed: ended with 0
alone: ended with 0"
failed=0
cat "$work/out/result"
if [ "$(cat "$work/out/result")" != "$expected" ]; then
  echo "not what was expected"; tail -n 20 "$work"/out/*.log; exit 4
fi
[ ! -e "$work/out/it-ran" ] || { echo "the command ran though nothing could be recorded"; failed=4; }
grep -q 'relay' "$work/out/nobody.log" || { echo "it does not say what was missing"; cat "$work/out/nobody.log"; failed=4; }

check() { # NAME TRACE DEVICES: chains per host device as the workloads counted them
  code=0
  "$COLLECTOR" import -q --host "$2" -o "$work/$1.db" || code=$?
  got=$(python3 - "$work/$1.db" <<'END'
import sqlite3, sys
query = "SELECT count(*) FROM host_half JOIN queue q USING (queue_id) GROUP BY q.device_id"
print(*sorted(row[0] for row in sqlite3.connect(sys.argv[1]).execute(query)))
END
  )
  echo "$1: import ended with $code, chains per device: $got"
  [ "$code" = 0 ] || { echo "nothing was lost, so it must be a clean import"; failed=4; }
  [ "$got" = "$3" ] || { echo "the workloads counted $3"; failed=4; }
}
for name in local streamed; do
  [ "$(cat "$work/out/$name.answered")" = $requests ] || { echo "$name: the backend did not serve"; failed=4; }
done
for name in local streamed alone; do
  grep -q "\"packets\": $packets," "$work/out/$name.truth" || { echo "$name: the loop sent not what it should"; failed=4; }
done
check local "$work/out/local" "$requests $packets"
mapfile -t traces < <(find "$work/out/relayed" -mindepth 2 -maxdepth 2 -type d | sort -V)
[ ${#traces[@]} = 2 ] || { echo "the relay daemon has ${#traces[@]} traces, not two"; exit 4; }
check streamed "${traces[0]}" "$requests $packets"
check alone "${traces[1]}" "$packets"
exit $failed
