#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is recorded: loads the driver, reads and writes, and notes what the block layer counted meanwhile.
export PATH=/bin:/sbin
mark() { echo "descry $1" > /sys/kernel/tracing/trace_marker; }
while read -r module; do insmod "/lab/modules.d/$module.ko"; done < /lab/modules-out
tries=0
while { [ ! -d /sys/block/vda ] || [ ! -d /sys/block/vdb ]; } && [ $tries -lt 100 ]; do
  usleep 50000; tries=$((tries + 1))
done
for block in /sys/block/vd*; do # reading the serial number is a request, too: one for each disk
  [ "$(cat "$block/serial")" = labdata ] && disk=$(basename "$block")
done
[ -n "$disk" ] || { echo "LAB no disk with the serial number labdata"; exit 1; }
usleep 100000
mark write
job=0
while [ $job -lt "$LAB_JOBS" ]; do
  dd if=/dev/zero of="/dev/$disk" bs=64k seek=$((job * 64)) count="$LAB_WRITES" oflag=direct 2>/dev/null &
  job=$((job + 1))
done
wait
mark read
job=0
while [ $job -lt "$LAB_JOBS" ]; do
  dd if="/dev/$disk" of=/dev/null bs="$LAB_READ_SIZE" skip=$((job * 64)) count="$LAB_READS" iflag=direct 2>/dev/null &
  job=$((job + 1))
done
wait
mark read-buffered
dd if="/dev/$disk" of=/dev/null bs=256k count=4 2>/dev/null
mark end
usleep 100000
sync
# reads merged sectors ms, writes merged sectors ms, in flight, ms, ms, discards merged sectors ms, flushes ms
# shellcheck disable=SC2046
set -- $(cat "/sys/block/$disk/stat")
{
  echo "device=$(basename "$(readlink -f "/sys/block/$disk/device")")"
  echo "reads=$1"; echo "read_sectors=$3"; echo "writes=$5"; echo "write_sectors=$7"
  echo "interrupts=$(awk -v name="$(basename "$(readlink -f "/sys/block/$disk/device")")-req" '$NF ~ "^" name {for (i = 2; i <= NF; ++i) if ($i ~ /^[0-9]+$/) n += $i; else break} END {print n + 0}' /proc/interrupts)"
  echo "discards=${12:-0}"; echo "flushes=${16:-0}"; echo "in_flight=$9"; echo "serial_reads=1"
} > /out/counts
sh /lab/devices.sh > /out/guest/virtio-devices
