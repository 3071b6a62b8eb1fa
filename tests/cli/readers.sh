#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Whichever way a trace is read, the database is the same: by our packet reader or by Babeltrace, in one thread or in
# several; whole, cut, with packets missing or in the wrong order.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"

"$SOURCE/samples/traces/unpack" samples || failed "cannot unpack the samples"

# Everything that a database says, table by table; `meta` says who wrote it and when.
contents() {
  python3 - "$1" <<'PYTHON'
import sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for line in database.iterdump():
    if not line.startswith(('INSERT INTO "meta"', 'INSERT INTO "sqlite_')):
        print(line)
PYTHON
}

# same WHAT FIRST_OPTIONS SECOND_OPTIONS TRACE
same() {
  # shellcheck disable=SC2086  # options are words
  descry import $2 "$4" -o first.db --no-analyze --quiet > first.out 2>&1
  first=$?
  # shellcheck disable=SC2086
  descry import $3 "$4" -o second.db --no-analyze --quiet > second.out 2>&1
  second=$?
  [ "$first" -eq "$second" ] || failed "$1: exit codes $first ($(cat first.out)) and $second ($(cat second.out))"
  [ -e first.db ] || return 0
  contents first.db > first.sql
  contents second.db > second.sql
  [ "$(wc -l < first.sql)" -gt 50 ] || failed "$1: nothing to compare"
  cmp -s first.sql second.sql || failed "$1: databases differ: $(diff first.sql second.sql | head -4 | cut -c1-300)"
  rm -f first.db second.db
}

# Loops and trace.dat on both sides have no CTF: `packets` must not refuse them.
for trace in samples/*; do
  same "$trace" '--reader packets' '--reader babeltrace' "$trace"
done

# Traces that are damaged are read by Babeltrace, unless the damage is one that packets report themselves.
cp -r samples/pci-blk cut-inside
truncate -s 30000 cut-inside/host/c0_1
cp -r samples/pci-blk-lossy cut-between
truncate -s 1228800 cut-between/host/c0_1
cp -r samples/pci-blk-lossy lost-packets
{ head -c 20480 samples/pci-blk-lossy/host/c0_1; tail -c +32769 samples/pci-blk-lossy/host/c0_1; } > lost-packets/host/c0_1
rm -r lost-packets/host/index
cp -r samples/pci-blk-lossy clock-back
{
  head -c 4096 samples/pci-blk-lossy/host/c0_0
  tail -c +8193 samples/pci-blk-lossy/host/c0_0 | head -c 4096
  tail -c +4097 samples/pci-blk-lossy/host/c0_0 | head -c 4096
  tail -c +12289 samples/pci-blk-lossy/host/c0_0
} > clock-back/host/c0_0
rm -r clock-back/host/index
for trace in cut-inside cut-between lost-packets clock-back; do
  same "$trace" '--reader auto' '--reader babeltrace' "$trace"
done
for trace in pci-blk-mq vhost-net-viommu loop-miss pci-blk-lossy; do
  same "$trace in one thread" '--jobs 1' '--jobs 4' "samples/$trace"
done
same 'lost packets by the packet reader' '--reader packets' '--reader babeltrace' lost-packets
expect 1 '--reader auto' descry import --reader packets cut-inside -o cut.db

finish
