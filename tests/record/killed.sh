#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kills the collector, then in another recording its session daemon, in the middle of it, and expects that what was recorded
# until then can be imported, that nothing stays attached in the kernel and that no daemon is left: killed.sh KERNEL.
# Exit code 77: cannot run here.
set -euo pipefail
lab=${DESCRY_LAB:-$SOURCE/samples/lab}
kernel=${1:-6.12}

skip() { echo "skipped: $1"; exit 77; }
command -v qemu-system-x86_64 >/dev/null || skip "there is no qemu-system-x86_64 (tools/setup lab)"
command -v lttng-sessiond >/dev/null || skip "there is no lttng-sessiond (tools/setup build)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/inside" <<'END'
attached() { grep -cE 'vhost_|handle_[rt]x|vq_meta|eventfd_signal' /sys/kernel/tracing/enabled_functions; }
daemons() { ps | grep -E 'lttng-(sessiond|consumerd)' | grep -vc grep; }
record() { # NAME: records until somebody is killed
  descry-collector record --side host -o "/out/$1" -- vhost_loop --batch 1 --packets 2000000 --truth /tmp/truth > "/out/$1.log" 2>&1 &
  collector=$!
  tries=0
  while ! grep -q "chains/s" "/out/$1.log" && [ $tries -lt 300 ]; do usleep 100000; tries=$((tries + 1)); done
  usleep 1500000
  [ "$(attached)" -gt 0 ] && echo "attached while recording" >> /out/result
}
gone() { # NAME
  tries=0
  while { [ "$(attached)" -gt 0 ] || [ "$(daemons)" -gt 0 ]; } && [ $tries -lt 300 ]; do
    usleep 100000; tries=$((tries + 1))
  done
  echo "$1: attached $(attached), daemons $(daemons)" >> /out/result
  killall -9 vhost_loop; usleep 300000
}
record collector
kill -9 $collector
wait $collector
gone collector
record daemon
kill -9 "$(ps | grep 'lttng-sessiond' | grep -v grep | awk '{print $1; exit}')"
wait $collector
echo "daemon: collector ended with $?" >> /out/result
gone daemon
ps > /out/ps
exit 0
END
code=0
# One CPU: the emulator may let a second one run into code that the kernel patches when probes go, and the kernel dies.
"$lab/boot" --kernel "$kernel" --cpus 1 --loop --descry -o "$work/out" --file "$work/inside=/inside" -- sh /inside || code=$?
[ $code != 77 ] || skip "a package for the lab cannot be had"
cat "$work/out/result"
expected="attached while recording
collector: attached 0, daemons 0
attached while recording
daemon: collector ended with 3
daemon: attached 0, daemons 0"
failed=0
[ "$(cat "$work/out/result")" = "$expected" ] || { echo "not what was expected"; cat "$work/out/ps" "$work"/out/*.log; failed=4; }
for run in collector daemon; do
  code=0
  "$COLLECTOR" import -q "$work/out/$run/host" -o "$work/$run.db" || code=$?
  chains=$(python3 -c "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM host_half').fetchone()[0])" "$work/$run.db")
  echo "$run: import ended with $code, $chains chains"
  [ "$code" = 3 ] || { echo "a recording without an end must be called damaged"; failed=4; }
  [ "$chains" -gt 100 ] || { echo "too few"; failed=4; }
done
exit $failed
