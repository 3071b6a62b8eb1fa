#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is recorded: loads the network driver and pings the other end, several pings at once, every $LAB_SECONDS.
export PATH=/bin:/sbin
# Nothing but the pings on the wire: no router solicitations.
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
mark() { echo "descry $1" > /sys/kernel/tracing/trace_marker; }
while read -r module; do insmod "/lab/modules.d/$module.ko"; done < /lab/modules-net
tries=0
while [ ! -d /sys/class/net/eth0 ] && [ $tries -lt 100 ]; do usleep 50000; tries=$((tries + 1)); done
ifconfig eth0 10.0.9.2 up || exit 1
arp -s 10.0.9.1 02:00:00:00:00:01
queue=1
while [ "$queue" -lt "$LAB_QUEUES" ]; do arp -s "10.0.9.$((100 + queue))" 02:00:00:00:00:01; queue=$((queue + 1)); done
usleep 300000
answered() { # by the kernel's count; ping gives up after two round trips. Without a process, which takes a second here
  while read -r kind names; do
    read -r kind values
    [ "$kind" = Icmp: ] || continue
    # shellcheck disable=SC2086
    set -- $values
    for name in $names; do [ "$name" != InEchoReps ] || echo "$1"; shift; done
  done < /proc/net/snmp
}
mark ping
job=0
while [ $job -lt "$LAB_JOBS" ]; do
  # A processor sends through the queue of its number.
  queue=$((job % LAB_QUEUES)); address=10.0.9.1; [ $queue = 0 ] || address=10.0.9.$((100 + queue))
  taskset $((1 << queue)) ping -c "$LAB_PINGS" -i "$LAB_SECONDS" -s 600 $address > "/run/ping.$job" &
  job=$((job + 1))
done
wait
tries=0
while [ "$(answered)" -lt $((LAB_JOBS * LAB_PINGS)) ] && [ $tries -lt 30 ]; do sleep 1; tries=$((tries + 1)); done
mark end
{
  echo "device=$(basename "$(readlink -f /sys/class/net/eth0/device)")"
  echo "pings_sent=$(cat /run/ping.* | sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' | awk '{n += $1} END {print n}')"
  echo "pings_answered=$(answered)"
  for way in tx rx; do # of the interface: each is a chain
    echo "interface_${way}_packets=$(cat /sys/class/net/eth0/statistics/${way}_packets)"
  done
  queue=0
  while [ $queue -lt "$LAB_QUEUES" ]; do
    for side in input output; do # of all processors
      echo "interrupts_$side$([ $queue = 0 ] || echo _$queue)=$(awk -v name="-$side.$queue" '$NF ~ name "$" {for (i = 2; i <= NF; ++i) if ($i ~ /^[0-9]+$/) n += $i; else break} END {print n + 0}' /proc/interrupts)"
    done
    queue=$((queue + 1))
  done
  # By queue, as the driver counts them: rx_queue_0_packets.
  ethtool -S eth0 | sed -n 's/^ *\([rt]x\)_queue_\([0-9]*\)_packets: *\([0-9]*\)$/packets_\1\2=\3/p'
} > /out/counts
cat /out/counts
sh /lab/devices.sh > /out/guest/virtio-devices
