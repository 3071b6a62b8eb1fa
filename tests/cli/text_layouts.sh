#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One recording in every layout in which people have it: 40 chains of virtio0, each 204 us from its add to its get (the
# times that stand in ref.txt).
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"

# unpack_case NAME: makes the folder NAME.
unpack_case() {
  mkdir -p "$1"
  tar --zstd -xf "$SOURCE/tests/data/cases/$1.tar.zst" -C "$1" || failed "cannot unpack $1"
}

# as_reference WHAT ARGUMENTS...: the import has the chains and the latency of the reference.
as_reference() {
  local what=$1
  shift
  expect 0 '40 chains' descry import "$@" -o "$what.db"
  expect 0 'virtio0 .*: 204 us median' descry report "$what.db"
  expect 0 'no loss, no (anomaly|warning)|no loss, 1 info' descry report "$what.db"
}

for name in ref latency-format ts-diff perf-script bom; do
  unpack_case $name
  as_reference $name --guest "$(find $name -type f -name '*.txt')"
done
ref=ref/ref.txt

iconv -f UTF-8 -t UTF-16 $ref > utf16.txt
as_reference utf16 --guest utf16.txt
iconv -f UTF-8 -t UTF-16LE $ref > utf16le.txt
as_reference utf16le --guest utf16le.txt
sed 's/^/> /' $ref > quoted.txt
as_reference quoted --guest quoted.txt
sed 's/$/\r/' $ref > crlf.txt
as_reference crlf --guest crlf.txt
fold -s -w 72 $ref > mail.txt
as_reference mail --guest mail.txt
fold -w 80 $ref > terminal.txt
as_reference terminal --guest terminal.txt

# A call chain below every event is no damage, and neither is what the buffer had overwritten before it was written.
unpack_case text-stacktrace
expect 0 '7 chains' descry import --guest text-stacktrace/text-stacktrace/stack.txt -o stack.db
expect 0 'wrapped.*648 events' descry report --full stack.db

# 107 lines of events below a header that counts 373.
unpack_case text-cut-by-hand
expect 3 '3 chains' descry import --guest text-cut-by-hand/text-cut-by-hand/trace.txt -o cut.db
descry report cut.db | tr -s ' \n' ' ' > cut.report
grep -q 'holds 107 of 373 events' cut.report || failed "the report of a cut text does not say what is missing"

# The times count ticks of a clock with 2,600,000 in a millisecond.
unpack_case tsc-text
ticks=tsc-text/tsc-text/trace.txt
expect 3 'warning: the trace clock does not count nanoseconds.*-C mono' descry import --guest $ticks -o ticks.db
expect 3 '530,400 clock ticks' descry report ticks.db
descry report ticks.db | head -3 | tr -s ' \n' ' ' | grep -q 'not nanoseconds' || failed "the first lines do not name the clock"
descry report ticks.db | grep -q '530 us' && failed "ticks look like a duration"
echo '{"tsc_khz": 2600000}' > khz.json
as_reference khz --guest $ticks --facts khz.json
echo '{"guest": {"tsc_khz": 0}}' > khz.json
expect 1 'khz.json: guest.tsc_khz: expected a frequency' descry import --guest $ticks --facts khz.json -o ticks.db

# Tracers and probes that do not say what is needed.
unpack_case function-tracer
expect 1 'function tracer.*descry record --print-trace-cmd' descry import function-tracer/function-tracer/trace.txt -o x.db
unpack_case fields-missing
expect 1 'add_sgs has no field dev, q, vq, .*token.*descry record --print-trace-cmd' \
  descry import fields-missing/fields-missing/trace.txt -o x.db
printf '# tracer: function_graph\n#\n# CPU  DURATION                  FUNCTION CALLS\n 0)   0.211 us    |  vp_notify();\n' > graph.txt
expect 1 'graph.txt: .*function_graph.*descry record --print-trace-cmd' descry import graph.txt -o x.db

# Bounce buffers alone: 20 events of 1500 bytes each, all with FORCE.
unpack_case swiotlb-only
expect 0 '1 trace, 20 events' descry import swiotlb-only/swiotlb-only/trace.txt -o bounces.db
descry report bounces.db | tr -s ' \n' ' ' > bounces.report
grep -q '0000:00:02.0 20 bounces, 30,000 bytes, forced' bounces.report || failed "the report does not count the bounces"
grep -q "without swiotlb=force" bounces.report || failed "the report has no advice about forced bounce buffers"
expect 0 '^20.30000.20$' sqlite3 bounces.db 'SELECT bounces, bytes, forced FROM bounce_view'

# Files of other tools.
printf 'PERFILE2\0\0' > perf.data
expect 1 'perf data convert -i perf.data --to-ctf ctf' descry import perf.data -o x.db
printf '\1\2\3\0' | tee trace.dat.cpu0 > trace.dat.cpu1
expect 1 'trace-cmd restore -o trace.dat trace.dat.cpu0 trace.dat.cpu1' descry import trace.dat.cpu0 -o x.db
printf 'Attaching 2 probes...\n@[vp_notify]: 12\n' > bpftrace.txt
expect 1 'bpftrace script.*descry record' descry import bpftrace.txt -o x.db
printf '[13:51:47.123456789] (+0.000000000) host kvm_exit: { cpu_id = 1 }, { reason = 30 }\n' > babeltrace.txt
expect 1 'babeltrace2 printed' descry import babeltrace.txt -o x.db

finish
