#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ctrl-C during an import: exit code 1, one line, and the old database as it was.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
small_trace > trace.txt
expect 0 'trace' descry import trace.txt -o case.db
before=$(sha256sum < case.db)

# Long enough to be interrupted.
awk 'BEGIN {
  print "cpus=1"
  for (i = 0; i < 400000; ++i) {
    printf "              dd-7     [000] %.6f: add_sgs:      (virtqueue_add_sgs+0x0) dev=0 q=0 vq=0xa0 avail=%d pavail=0 wrap=0 free_head=0 out=1 in=2 token=0xb\n", 1 + i / 1e4, i % 65536
    printf "              dd-7     [000] %.6f: add_sgs_ret:  (virtblk_add_req+0x0 <- virtqueue_add_sgs) dev=0 q=0 vq=0xa0 ret=0\n", 1 + i / 1e4 + 1e-6
  }
}' > long.txt

set -m  # jobs get their own process group and do not ignore SIGINT
interrupted() {
  local signal=$1 output=$2
  descry import long.txt -o "$output" > stdout 2> stderr &
  local pid=$! tries=0
  until compgen -G ".$output.descry-*.part" > /dev/null || [ $((++tries)) -gt 2000 ]; do sleep 0.005; done
  [ "$tries" -le 2000 ] || failed "$signal: no part file was seen"
  kill "-$signal" "$pid"
  wait "$pid"
  local code=$?
  [ "$code" -eq 1 ] || failed "$signal: exit code $code: $(cat stderr)"
  no_leftover "$signal"
}

for signal in INT TERM; do
  interrupted $signal case.db
  [ "$(cat stderr)" = "descry: cancelled, case.db left as it was" ] || failed "$signal: $(cat stderr)"
  [ "$(sha256sum < case.db)" = "$before" ] || failed "$signal: the old database was changed"
done
interrupted INT new.db
[ "$(cat stderr)" = "descry: cancelled, new.db was not made" ] || failed "$(cat stderr)"
[ ! -e new.db ] || failed "a database was left"

finish
