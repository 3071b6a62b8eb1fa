#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The Perfetto traces of real captures, read with protoc: every field, every chain.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"

holds() { # NAME: the export of NAME.db has what the database has
  expect 0 '' descry export perfetto "$1.db" -o "$1.pftrace"
  protoc --decode=Trace --proto_path="$SOURCE/tests/cli" perfetto.proto <"$1.pftrace" >"$1.text" || failed "protoc does not read $1.pftrace"
  python3 -B "$SOURCE/tests/cli/perfetto.py" "$1.text" "$1.db" || failed "$1.pftrace is not what $1.db has"
}

for sample in pci-blk vhost-net-needless ccw-blk-swiotlb; do
  cp -r "$SOURCE/samples/traces/$sample" .
  find "$sample" -name '*.xz' -exec xz -d {} +
  descry import -q "$sample" -o "$sample.db"
  holds "$sample"
done
unpack_cases hang
descry import -q hang/trace.txt -o hang.db 2>stderr
holds hang  # eight of its chains do not end

# Only what was asked for.
expect 0 '' descry export perfetto pci-blk.db --where 'position < 3' -o some.pftrace
[ "$(protoc --decode=Trace --proto_path="$SOURCE/tests/cli" perfetto.proto <some.pftrace | grep -c '"latency_ns"')" = \
  "$(sql pci-blk.db 'SELECT count(*) FROM chain_view WHERE complete AND position < 3')" ] || failed "--where"
expect 0 '' descry export perfetto pci-blk.db -o pci-blk.pftrace # its own file
expect 1 'no chain' descry export perfetto pci-blk.db --where 'position < 0' -o none.pftrace
expect 2 'expected perfetto, found "chrome"' descry export chrome pci-blk.db -o x
expect 2 'no field "nonsense"|nonsense' descry export perfetto pci-blk.db --where 'nonsense == 1' -o x
no_leftover export

finish
