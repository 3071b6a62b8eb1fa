#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A job: packets between this guest and 10.0.9.1, recorded from before the network driver is loaded.
# shellcheck source=/dev/null
. /lab/record.sh
mkdir -p /out/guest
record /out/guest sh /lab/workload.sh
code=$?
echo "LAB recorded"
(exit $code)
