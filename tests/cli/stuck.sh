#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Requests that do not come back. `hang`: of virtio0, 40 chains come back in 204 us each, and the 8 that follow never do,
# while virtio1 works on until the trace ends.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
unpack_cases hang

# From the text itself: when the first of the eight was added, and when the trace ends.
age=$(awk '/ dev=0 q=0 / && / avail=40 / { split($0, f, /[][]/); split(f[3], t, " "); begin = t[2] + 0 }
           !/^#/ { split($0, f, /[][]/); split(f[3], t, " "); end = t[2] + 0 }
           END { printf "%.0f", (end - begin) * 1e6 }' hang/trace.txt)
expect 3 'requests do not come back' descry import hang/trace.txt -o hang.db
[ "$(sql hang.db "SELECT rule, severity, device, queue_name, sample FROM finding_view WHERE severity <> 'info'")" = 'stuck-chains|critical|virtio0|q0|8' ] ||
  failed "findings: $(sql hang.db 'SELECT * FROM finding_view')"
[ "$(sql hang.db 'SELECT count(*), min(position), max(position), max(age_ns) / 1000, min(stage), max(host_seen) FROM stuck_chain')" = "8|40|47|$age|rung|0" ] ||
  failed "stuck chains, age $age us: $(sql hang.db 'SELECT * FROM stuck_chain')"
# 48 chains: the median is one of the 40, the 99th percentile is rank 47 of 0..47, the oldest of the 8.
[ "$(sql hang.db "SELECT chains, stuck, p50_ns, p99_ns / 1000, max_ns / 1000 FROM cause_view WHERE device = 'virtio0' AND cause = 'latency'")" = "40|8|204000|$age|$age" ] ||
  failed "percentiles: $(sql hang.db "SELECT * FROM cause_view WHERE cause = 'latency'")"
expect 3 'virtio0 q0: 8 chains stuck for 60.1 s' descry report hang.db
expect 3 '' descry report hang.db -o folder/
expect 3 '' descry analyze hang.db

expect 4 'at least 60.1 s over 40 chains and 8 stuck' descry check hang.db --fail-if 'p99(device == virtio0) > 10ms'
expect 4 '<failure' descry check hang.db --fail-if 'max(device == virtio0) > 10ms' --format junit
# A limit beyond their age is not exceeded, and 40 chains are too few for a 99th percentile.
expect 3 'needs 200' descry check hang.db --fail-if 'p99(device == virtio0) > 70s'
expect 0 '' descry check hang.db --fail-if 'max(device == virtio1) > 10ms'
expect 0 'failure type="critical"' sh -c 'descry report hang.db --format junit || [ $? -eq 3 ]'

# The worst chain is the oldest of those that did not come back.
expect 0 'virtio0 q0 .*, chain 40: stuck for 60.1 s' descry explain hang.db
expect 0 'chain 47: stuck for 60.0 s' descry explain hang.db --chain virtio0/q0/47
expect 0 'virtio1 q0 .*, chain [0-9]+: 154 us' descry explain hang.db --where 'device == virtio1'

# The same recording with nothing but virtio0 in it ends 9 us after its last request: 7 of the 8 have waited for more than
# 10 ms, which is 49 times their usual 204 us, and nothing shows that the guest went on.
awk '/ dev=1 / { next } / add_sgs: .* avail=47 / { last = 1 } { print } last && / notify_ret: / { exit }' hang/trace.txt >cut.txt
expect 0 '' descry import cut.txt -o cut.db
expect 0 'virtio0 q0: the trace ends with 7 requests in flight for up to 70.0 ms' descry report cut.db
[ "$(sql cut.db 'SELECT count(*) FROM stuck_chain')" = 0 ] || failed "stuck: $(sql cut.db 'SELECT * FROM stuck_chain')"
# Cut after the first of them it is one that is a few us old.
awk '/ dev=1 / { next } / add_sgs: .* avail=40 / { last = 1 } { print } last && / notify_ret: / { exit }' hang/trace.txt >short.txt
expect 0 'No finding' sh -c 'descry import -q short.txt -o short.db && descry report short.db'

finish
