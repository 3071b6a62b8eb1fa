#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Adds that fail: 180 of 240 return -12 (-ENOMEM). Each request fails three times, then it succeeds.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
unpack_cases add-enomem

failed_adds=$(grep -c 'ret=-12' add-enomem/trace.txt)
good=$(grep -c 'add_sgs_ret.*ret=0' add-enomem/trace.txt)
# Every add but the first of each request repeats one that failed.
again=$(awk '/add_sgs:/ { split($0, f, "token="); seen[f[2]]++ } END { for (t in seen) n += seen[t] - 1; print n }' add-enomem/trace.txt)
# Three of four fail: the requests wait outside of the ring.
expect 3 "$good chains" descry import add-enomem/trace.txt -o adds.db
[ "$(sql adds.db 'SELECT failed_adds, unmapped_adds, full_adds, retried_adds, adds FROM queue_view')" = "$failed_adds|$failed_adds|0|$again|$good" ] ||
  failed "adds: $(sql adds.db 'SELECT * FROM queue_view'), expected $failed_adds, $again, $good"
expect 3 "critical: virtio0 q0: $failed_adds of $((failed_adds + good)) adds failed" descry report adds.db

finish
