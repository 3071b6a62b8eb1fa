#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The chunks of a rotated session, and snapshots that overlap, give the database of the whole.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
unpack_cases lttng-rotation
"$SOURCE/samples/traces/unpack" pci-blk pci-blk-lossy . || failed "cannot unpack the samples"

# lttng rotate: 200 requests of five events each.
expect 0 '1 trace, 1000 events, 1 device, 200 chains' descry import lttng-rotation/rot -o case.db

# Every table but those with the path and the digest, with what was joined, and who wrote it and when.
contents() {
  python3 - "$1" <<'PYTHON'
import sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for line in database.iterdump():
    if not line.startswith(tuple(f'INSERT INTO "{table}"' for table in ("meta", "capture", "anomaly", "finding", "sqlite_stat1"))):
        print(line)
PYTHON
}

chunks() {
  rm -rf chunks
  python3 "$SOURCE/tests/cli/ctf_chunks.py" "$@" || failed "cannot cut the trace"
}

# 309 and 585 packets of two CPUs, with losses between them.
expect 3 '' descry import -q --host pci-blk-lossy/host -o whole.db
contents whole.db > whole.sql
[ "$(wc -l < whole.sql)" -gt 500 ] || failed "nothing to compare"
for overlap in 0 2; do
  chunks pci-blk-lossy/host chunks 5 $overlap
  for reader in packets babeltrace; do
    expect 3 '' descry import -q --reader $reader --host chunks -o joined.db
    contents joined.db > joined.sql
    cmp -s whole.sql joined.sql ||
      failed "overlap $overlap, $reader: databases differ: $(diff whole.sql joined.sql | head -4 | cut -c1-300)"
  done
done

# A packet per stream: one in each chunk, and all of them in the third.
chunks pci-blk/host chunks 3 0
cp pci-blk/host/c0_0 chunks/0/
rm -f chunks/1/c0_*
cp pci-blk/host/c0_1 chunks/1/
cp pci-blk/host/c0_? chunks/2/
expect 0 '2 traces, .* 360 chains' descry import --host chunks --guest pci-blk/guest -o case.db
[ "$(sql case.db "SELECT events FROM capture WHERE side = 'host'")" = "$(
  descry import -q --host pci-blk/host -o host.db && sql host.db 'SELECT events FROM capture')" ] || failed "events twice"

# One chunk is damaged: what can be read of the others is read.
chunks pci-blk-lossy/host chunks 3 0
truncate -s -1000 chunks/1/c0_0
expect 3 '1 trace' descry import --host chunks -o case.db

finish
