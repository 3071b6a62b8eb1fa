#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two recordings of a guest whose trace clock was the time stamp counter: `-C x86-tsc`, and `-C tsc2nsec`, which also
# writes how to convert. The guest's kernel measured 2445.404 MHz both times, and 85 requests went to virtio0.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
unpack_cases tick-clocks
cd tick-clocks || exit 1
nanoseconds=tsc2nsec/guest/trace.dat

# as_trace_cmd WHAT FILE: each request began when `trace-cmd report -t` says that add_sgs was entered, and the first
# line of the report is no warning.
as_trace_cmd() {
  expect 0 '' descry import --guest "$2" -o "$1.db"
  trace-cmd report -t "$2" 2> /dev/null | sed -n 's/.* \([0-9]*\)\.\([0-9]\{9\}\): add_sgs: .*/\1\2/p' | sort -n > "$1.expected"
  [ "$(wc -l < "$1.expected")" -ge 85 ] || failed "$1: trace-cmd report shows no requests"
  sql "$1.db" 'SELECT h.q_ns + c.origin_ns FROM guest_half h, capture c ORDER BY 1' > "$1.found"
  cmp -s "$1.expected" "$1.found" || failed "$1: other times than trace-cmd's: $(diff "$1.expected" "$1.found" | head -4)"
  descry report "$1.db" | grep -q 'not nanoseconds' && failed "$1: the report doubts its clock"
}

as_trace_cmd tsc2nsec $nanoseconds
trace-cmd convert -i $nanoseconds -o version6.dat --file-version 6 > convert.out 2>&1 || failed "$(cat convert.out)"
as_trace_cmd version6 version6.dat
# The same with the counter of a machine of 1600 MHz and one of 800 MHz: multiplier, shift and offset of the option.
python3 - $nanoseconds << 'PYTHON' || failed "the file has no option TSC2NSEC"
import struct, sys
data = open(sys.argv[1], "rb").read()
option = struct.pack("<IIQ", 878171315, 31, 0)
assert data.count(option) == 1
for mhz in 1600, 800:
    open(f"mhz{mhz}.dat", "wb").write(data.replace(option, struct.pack("<IIQ", 1000 * 2**30 // mhz, 30, 0)))
PYTHON
as_trace_cmd mhz1600 mhz1600.dat
as_trace_cmd mhz800 mhz800.dat

# QEMU's log of the same run is on another clock in nanoseconds, so the two can be put together.
expect 0 '' descry import tsc2nsec -o both.db
[ "$(sql both.db "SELECT sum(c.scope = 'full') FROM chain_view c WHERE device = 'virtio0'")" = 85 ] ||
  failed "not every request of the guest was found in QEMU's log"

# Without the option the times are ticks. What cannot say so refuses them.
expect 3 'warning: the trace clock does not count nanoseconds.*x86-tsc' descry import --guest tsc/trace.dat -o ticks.db
expect 3 'The times below are not nanoseconds' descry report ticks.db
expect 3 'clock ticks median' descry report ticks.db
for table in causes chains queues clock losses; do
  expect 1 'ticks.db: the table .*needs nanoseconds.*tsc/trace.dat counts ticks.*tsc_khz.*-C mono' \
    descry report --table $table ticks.db
done
expect 3 '' descry report --table devices ticks.db
expect 1 'descry explain needs nanoseconds' descry explain ticks.db
expect 1 'descry whatif needs nanoseconds' descry whatif --without backend ticks.db
expect 1 'ticks.db: descry diff needs nanoseconds' descry diff ticks.db tsc2nsec.db
expect 1 'ticks.db: descry diff needs nanoseconds' descry diff tsc2nsec.db ticks.db
expect 3 'counts ticks' descry check --accept-damage --fail-if 'p50(device == virtio0) > 1us' ticks.db

# time_unit DATABASE: of the case, and of each of its traces.
time_unit() {
  descry report --format json "$1" | python3 -c '
import json, sys
report = json.load(sys.stdin)
print(report["time_unit"], *(capture["time_unit"] for capture in report["captures"]))'
}
# unit DATABASE WORDS: what time_unit must print.
unit() {
  [ "$(time_unit "$1")" = "$2" ] || failed "$1: the time unit is $(time_unit "$1"), expected $2"
}
unit tsc2nsec.db 'ns ns'
unit both.db 'ns ns ns'
unit ticks.db 'ticks ticks'

# A guest in ticks beside a host in nanoseconds: each keeps its unit.
expect 3 '' descry import --guest tsc/trace.dat --host tsc2nsec/host/qemu.log -o mixed.db
unit mixed.db 'mixed ticks ns'
descry report mixed.db > mixed.txt
grep -q 'Some of the times below are not nanoseconds' mixed.txt || failed "a mixed case does not say so"
grep -Eq '^virtio0 .*: [0-9,]+ clock ticks median \(guest$' mixed.txt || failed "the guest's times are not called ticks"
grep -Eq '^0x.*: [0-9.,]+ us median \(host only\)' mixed.txt || failed "the host's times are not called times"
descry report -o batch/ ticks.db tsc2nsec.db > batch.txt
python3 - << 'PYTHON' || failed "the index of a batch mixes ticks with times"
import json
cases = {case["name"]: case for case in json.load(open("batch/index.json"))["cases"]}
assert cases["ticks"]["time_unit"] == "ticks" and cases["ticks"]["outside_backend_ns"] is None
assert cases["tsc2nsec"]["time_unit"] == "ns" and cases["tsc2nsec"]["outside_backend_ns"] > 0
PYTHON

# A known frequency converts what the file does not convert itself, and nothing else.
echo '{"guest": {"tsc_khz": 2445404}}' > khz.json
expect 0 '' descry import --guest tsc/trace.dat --facts khz.json -o khz.db
unit khz.db 'ns ns'
trace-cmd report -t tsc/trace.dat 2> /dev/null | sed -n 's/.* \([0-9]*\): add_sgs: .*/\1/p' | sort -n |
  python3 -c 'import sys; print(*((int(line) * 1000000 + 1222702) // 2445404 for line in sys.stdin), sep="\n")' > khz.expected
sql khz.db 'SELECT h.q_ns + c.origin_ns FROM guest_half h, capture c ORDER BY 1' > khz.found
cmp -s khz.expected khz.found || failed "a known frequency gives other times: $(diff khz.expected khz.found | head -4)"
expect 0 '' descry import --guest $nanoseconds --facts khz.json -o again.db
sql again.db 'SELECT h.q_ns + c.origin_ns FROM guest_half h, capture c ORDER BY 1' > again.found
cmp -s tsc2nsec.expected again.found || failed "times in nanoseconds were converted once more"

finish
