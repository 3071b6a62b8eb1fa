#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is recorded: loads the network driver and pings the other end, several pings at once.
export PATH=/bin:/sbin
# Nothing but the pings on the wire: no router solicitations.
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
mark() { echo "descry $1" > /sys/kernel/tracing/trace_marker; }
while read -r module; do insmod "/lab/modules.d/$module.ko"; done < /lab/modules-net
tries=0
while [ ! -d /sys/class/net/eth0 ] && [ $tries -lt 100 ]; do usleep 50000; tries=$((tries + 1)); done
ifconfig eth0 10.0.9.2 up || exit 1
arp -s 10.0.9.1 02:00:00:00:00:01
usleep 300000
mark ping
job=0
while [ $job -lt "$LAB_JOBS" ]; do
  ping -c "$LAB_PINGS" -i 0.05 -s 600 10.0.9.1 > "/run/ping.$job" &
  job=$((job + 1))
done
wait
mark end
usleep 300000
{
  echo "device=$(basename "$(readlink -f /sys/class/net/eth0/device)")"
  echo "pings_sent=$(cat /run/ping.* | sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' | awk '{n += $1} END {print n}')"
  echo "pings_answered=$(cat /run/ping.* | sed -n 's/.* \([0-9]*\) packets received.*/\1/p' | awk '{n += $1} END {print n}')"
} > /out/counts
cat /out/counts
sh /lab/devices.sh > /out/guest/virtio-devices
