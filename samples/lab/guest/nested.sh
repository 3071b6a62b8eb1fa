#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A job on the first level: a vhost host whose QEMU runs the second level, with its own recorder inside.
# shellcheck source=/dev/null
. /lab/record.sh
export QEMU_MODULE_DIR=/lab/qemu
# Nothing but the pings on the wire: no router solicitations.
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
many=; [ "$LAB_QUEUES" = 1 ] || many=multi_queue
# Busybox knows no taps of several queues.
# shellcheck disable=SC2086
ip2 tuntap add dev lab0 mode tap $many || exit 1
ifconfig lab0 hw ether 02:00:00:00:00:01; ifconfig lab0 10.0.9.1 up; arp -s 10.0.9.2 52:54:00:12:34:56
queue=1 # an address for each pair of queues: packets of one flow stay in one pair
while [ "$queue" -lt "$LAB_QUEUES" ]; do ifconfig "lab0:$queue" "10.0.9.$((100 + queue))" up; queue=$((queue + 1)); done
truncate -s 64M /run/inner.img
mkdir -p /out/host /out/inner
if [ -z "$LAB_VMM" ]; then
  cat > /lab/inner.sh <<'E2'
#!/bin/sh
sh /lab/qemu/command < /dev/null > /out/inner/console.txt 2>&1
E2
else # it waits for its monitor's word, which the recorder gives when the probes are there
  mkfifo /run/monitor.in /run/monitor.out
  sh /lab/qemu/command < /dev/null > /out/inner/console.txt 2>&1 &
  vmm=$!
  cat /run/monitor.out > /out/inner/monitor.txt &
  until readlink "/proc/$vmm/exe" | grep -q qemu; do usleep 100000; done
  LAB_RECORD_OPTIONS="$LAB_RECORD_OPTIONS --qemu $vmm"
  cat > /lab/inner.sh <<E2
#!/bin/sh
echo cont > /run/monitor.in
while [ -e /proc/$vmm/exe ]; do sleep 1; done
E2
fi
set -- sh /lab/inner.sh
if [ -n "$LAB_ALSO" ]; then # both recorders see the same run
  mkdir -p /out/also
  arm /out/also
  # shellcheck disable=SC2086
  set -- trace-cmd record -q -C mono -b 24000 -s 50000 $LAB_ALSO -o /out/also/trace.dat "$@"
fi
record /out/host "$@"
code=$?
[ -z "$LAB_ALSO" ] || counters /out/also
tail -n 3 /out/inner/console.txt
for name in rx_packets tx_packets rx_dropped tx_dropped; do
  echo "tap_$name=$(cat /sys/class/net/lab0/statistics/$name)"
done > /out/tap
tar x -f /run/inner.img -C /out/inner || code=1
(exit $code)
