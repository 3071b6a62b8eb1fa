#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel says of every virtio device, one line for each.
for device in /sys/bus/virtio/devices/*; do
  group=none
  [ ! -e "$device/../iommu_group/type" ] || group=$(cat "$device/../iommu_group/type")
  echo "$(basename "$device") id=$(cat "$device/device") features=$(cat "$device/features") status=$(cat "$device/status")" \
    "parent=$(basename "$(readlink -f "$device/..")") iommu_group=$group"
done
