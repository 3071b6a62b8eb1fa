#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kills QEMU in the middle of a recording, with no chance to say goodbye: first the one that a guest records itself in, which
# streams to a relay daemon that outlives it; then one whose vhost-net device is recorded on its host. Expects what the guest
# did until then, by its own count, in the trace it left; and a recording on the host that goes on and ends as if nothing had
# happened: killed_qemu.sh KERNEL. Exit code 77: cannot run here.
set -euo pipefail
lab=${DESCRY_LAB:-$SOURCE/samples/lab}
kernel=${1:-6.12}
packets=3200
control=25342 data=25343 live=25344 # not where other relay daemons are
rom=/usr/lib/ipxe/qemu/pxe-virtio.rom # the firmware's network driver is guest enough: it asks for an address

skip() { echo "skipped: $1"; exit 77; }
command -v qemu-system-x86_64 >/dev/null || skip "there is no qemu-system-x86_64 (tools/setup lab)"
for program in lttng-sessiond lttng-relayd; do
  command -v $program >/dev/null || skip "there is no $program (tools/setup build)"
done
[ -e $rom ] || skip "there is no $rom (package ipxe-qemu)"

work=$(mktemp -d)
relay=
trap '[ -z "$relay" ] || kill $relay; rm -rf "$work"' EXIT
failed=0
wrong() { echo "$1"; failed=4; }

reads() { echo $((100 * $(grep -c READ100 "$work/console" || true))); }

guest() {
  mkdir "$work/relayed"
  lttng-relayd --output "$work/relayed" -C tcp://127.0.0.1:$control -D tcp://127.0.0.1:$data -L tcp://127.0.0.1:$live \
    > "$work/relayd.log" 2>&1 &
  relay=$!
  cat > "$work/guest" <<END
tries=0
while { [ ! -d /sys/class/net/eth0 ] || [ ! -d /sys/block/vda ]; } && [ \$tries -lt 300 ]; do usleep 100000; tries=\$((tries + 1)); done
ifconfig eth0 10.0.2.15 up
cat > /reads <<'END2'
while true; do dd if=/dev/vda of=/dev/null bs=4k count=100 iflag=direct 2> /dev/null && echo READ100 > /dev/console; done
END2
disk=\$(basename "\$(readlink -f /sys/block/vda/device)")
descry-collector record --side guest --device "\$disk" --stream 10.0.2.2:$control:$data -- sh /reads > /dev/console 2>&1
END
  "$lab/boot" --kernel "$kernel" --descry --modules virtio_net,virtio_blk --file "$work/guest=/guest" -o "$work/none" \
    --qemu "-netdev user,id=n -device virtio-net-pci,netdev=n,romfile= -pidfile $work/pid" \
    -- sh /guest > "$work/console" 2>&1 &
  local machine=$! tries=0 finished code=0 chains
  while [ "$(reads)" -lt 500 ] && [ $tries -lt 900 ] && kill -0 $machine 2> /dev/null; do
    sleep 0.2; tries=$((tries + 1))
  done
  finished=$(reads)
  [ "$finished" -ge 500 ] || { cat "$work/console" "$work/relayd.log"; echo "nothing was recorded in the guest"; exit 1; }
  sleep 3
  kill -9 "$(cat "$work/pid")"
  wait $machine && wrong "the machine should not have ended well"
  sleep 1
  kill $relay
  wait $relay || true
  relay=
  "$COLLECTOR" import -q --guest "$(find "$work/relayed" -mindepth 2 -maxdepth 2 -type d)" -o "$work/guest.db" || code=$?
  chains=$(python3 -c "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM guest_half').fetchone()[0])" "$work/guest.db")
  echo "guest: import ended with $code; $chains chains, $finished were read 3 s before the end, $(reads) at the end"
  [ "$code" = 3 ] || wrong "a recording without an end must be called damaged"
  [ "$chains" -ge "$finished" ] || { cat "$work/console"; wrong "too few"; }
}

host() {
  cat > "$work/host" <<END
attached() { grep -cE 'vhost_|handle_[rt]x|vq_meta|eventfd_signal' /sys/kernel/tracing/enabled_functions; }
daemons() { ps | grep -E 'lttng-(sessiond|consumerd)' | grep -vc grep; }
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
tunctl -t lab0 > /dev/null; ifconfig lab0 up
cat > /workload <<'END2'
sent() { cat /sys/class/net/lab0/statistics/rx_packets; }
QEMU_MODULE_DIR=/lab/qemu qemu-system-x86_64 -L /lab/qemu -M pc -accel tcg -m 64 -nodefaults -vga none -display none \
  -netdev tap,id=n,ifname=lab0,script=no,downscript=no,vhost=on \
  -device virtio-net-pci,netdev=n,disable-legacy=on,romfile=/lab/qemu/pxe-virtio.rom,bootindex=1 > /out/qemu.log 2>&1 &
qemu=\$!
tries=0
while [ "\$(sent)" -lt 2 ] && [ \$tries -lt 1500 ]; do usleep 200000; tries=\$((tries + 1)); done
kill -9 \$qemu; wait \$qemu
sent > /out/sent
vhost_loop --packets $packets --truth /out/truth.json
END2
descry-collector record --side host -o /out/capture -- sh /workload > /out/log 2>&1
echo "recorder ended with \$?, attached \$(attached), daemons \$(daemons)" > /out/result
exit 0
END
  local code=0 sent got file arguments=()
  for file in bios-256k.bin kvmvapic.bin; do
    arguments+=(--file "$(find /usr/share/qemu /usr/share/seabios -name $file -print -quit)=/lab/qemu/$file")
  done
  "$lab/boot" --kernel "$kernel" --loop --descry --memory 1536 --timeout 500 -o "$work/out" --with qemu-system-x86_64 \
    --with "$(find /usr/lib -name accel-tcg-x86_64.so -print -quit)=/lab/qemu/accel-tcg-x86_64.so" \
    --file $rom=/lab/qemu/pxe-virtio.rom "${arguments[@]}" --file "$work/host=/host" -- sh /host || code=$?
  [ $code != 77 ] || skip "a package for the lab cannot be had"
  [ -s "$work/out/result" ] || { echo "the machine failed"; exit 1; }
  cat "$work/out/result"
  [ "$(cat "$work/out/result")" = "recorder ended with 0, attached 0, daemons 0" ] || { cat "$work/out/log"; wrong "not what was expected"; }
  sent=$(cat "$work/out/sent")
  [ "$sent" -ge 2 ] || { cat "$work/out/qemu.log"; wrong "QEMU's guest has sent nothing"; }
  code=0
  "$COLLECTOR" import -q "$work/out/capture" -o "$work/host.db" || code=$?
  # The loop's device may have the address that QEMU's had: then it is one device, with a ring set up anew.
  got=$(python3 - "$work/host.db" <<'END'
import sqlite3, sys
query = "SELECT count(u_ns) FROM host_half GROUP BY queue_id, epoch"
rings = [row[0] for row in sqlite3.connect(sys.argv[1]).execute(query)]
print(sum(rings) - max(rings), max(rings))
END
  )
  echo "host: import ended with $code; chains: $got; the killed QEMU's guest sent $sent packets, the loop $packets"
  [ "$code" = 0 ] || wrong "nothing was lost on the host, so it must be a clean import"
  [ "$got" = "$sent $packets" ] || wrong "not what was sent"
}

guest
host
exit $failed
