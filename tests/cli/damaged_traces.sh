#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Traces that break off or lost events: a database, a clear health section, exit code 3.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
"$SOURCE/samples/traces/unpack" pci-blk pci-blk-lossy . || failed "cannot unpack the samples"

expect 0 '2 traces' descry import pci-blk -o whole.db

truncated() {
  expect 3 'warning: .*lost events' descry import "$1" -o cut.db
  expect 3 'truncated' descry report cut.db
  expect 3 '"truncated"' descry report cut.db --format json
}

# Half of the guest's trace.dat.
cp -r pci-blk cut-guest
size=$(stat -c %s pci-blk/guest/trace.dat)
head -c $((size * 3 / 4)) pci-blk/guest/trace.dat > cut-guest/guest/trace.dat
descry import cut-guest -o cut.db > said 2>&1
code=$?
[ "$code" -eq 3 ] || [ "$code" -eq 1 ] || failed "cut trace.dat: exit code $code: $(cat said)"
[ "$code" -ne 1 ] || [ "$(wc -l < said)" -eq 1 ] || failed "cut trace.dat: $(cat said)"

# A stream of the host's CTF trace that ends in the middle of a packet.
cp -r pci-blk cut-host
truncate -s -5000 cut-host/host/c0_1
truncated cut-host

expect 3 'lost events' descry import pci-blk-lossy -o lossy.db
expect 3 'overwritten|discarded' descry report --full lossy.db
expect 3 '' descry analyze lossy.db

finish
