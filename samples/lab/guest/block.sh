#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A job: block requests on the disk with the serial number "labdata", recorded from before its driver is loaded.
# shellcheck source=/dev/null
. /lab/record.sh
mkdir -p /out/guest
[ -z "$LAB_FIRST_MODULE" ] || insmod "/lab/modules.d/$LAB_FIRST_MODULE.ko" || exit 1
record /out/guest sh /lab/workload.sh
code=$?
mkdir -p /out/swiotlb
for file in /sys/kernel/debug/swiotlb/*; do [ ! -f "$file" ] || cat "$file" > "/out/swiotlb/$(basename "$file")"; done
echo "LAB recorded"
(exit $code)
