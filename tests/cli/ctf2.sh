#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A trace of LTTng whose metadata was rewritten as CTF 2 gives the database of the original; both are read by both readers.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
"$SOURCE/samples/traces/unpack" pci-blk . || failed "cannot unpack the sample"

to_ctf2() {
  rm -rf changed
  cp -r pci-blk changed
  python3 "$SOURCE/tests/cli/to_ctf2.py" changed/host "$@" || failed "cannot rewrite the metadata"
}

# Every table but `capture`, which has the path and the digest, and `meta`, which says who wrote it and when.
contents() {
  python3 - "$1" <<'PYTHON'
import sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
for line in database.iterdump():
    # The paths of traces and facts files differ.
    if not line.startswith(('INSERT INTO "meta"', 'INSERT INTO "sqlite_', 'INSERT INTO "capture" ', 'INSERT INTO "fact" ')):
        print(line)
PYTHON
}

expect 0 '' descry import --quiet --vm one pci-blk -o original.db
contents original.db > original.sql
[ "$(wc -l < original.sql)" -gt 500 ] || failed "nothing to compare"
for options in '' '--packets le' '--packets be'; do
  # shellcheck disable=SC2086  # options are words
  to_ctf2 $options
  for reader in packets babeltrace; do
    expect 0 '' descry import --quiet --vm one --reader $reader changed -o changed.db
    contents changed.db > changed.sql
    cmp -s original.sql changed.sql ||
      failed "$options, $reader: databases differ: $(diff original.sql changed.sql | head -4 | cut -c1-300)"
  done
done

to_ctf2 --variable-length
expect 1 'changed/host/metadata: .*variable-length-unsigned-integer' descry import changed -o none.db
printf '\036{"type":' > changed/host/metadata
expect 1 'changed/host/metadata: fragment 1 .*cannot be read' descry import changed -o none.db

# The reason for a refusal is passed on. The semicolon behind `vtid` is missing in line 16.
unpack_cases ctf-syntax-error
expect 1 'line 16: syntax error' descry import ctf-syntax-error -o none.db

finish
