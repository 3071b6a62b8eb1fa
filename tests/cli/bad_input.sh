#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A file that is not a trace, or not of virtio, is refused in one line, and an older database stays as it was.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
small_trace > trace.txt
descry import trace.txt -o case.db -q || failed "cannot make the database to start from"
before=$(sha256sum < case.db)

refused() {
  local regex=$1
  shift
  expect 1 "$regex" descry import "$@" -o case.db
  [ "$(sha256sum < case.db)" = "$before" ] || failed "the old database was changed: $*"
  no_leftover "$*"
}

refused 'absent: no such file or directory' absent
mkdir empty
refused 'empty: no ' empty
mkdir notes
echo "buy milk" > notes/list.md
refused 'notes: no ' notes
: > zero.dat
refused 'zero.dat: .*empty' zero.dat
head -c 4096 /dev/urandom > noise
refused 'noise: ' noise
printf '\027\010\104tracing6\000' > head.dat
refused 'head.dat: ' head.dat

mkdir ctf2
printf '\036{"type":"preamble","version":2}\n' > ctf2/metadata
refused 'ctf2.*CTF 2 metadata: no class of data streams' ctf2
mkdir ctf0
: > ctf0/metadata
refused 'ctf0' ctf0

printf 'cpus=1\n              dd-7     [000] 1.000001: sys_enter_read: fd: 3\n' > other.txt
refused 'other.txt: contains no virtio or vhost events; found: sys_enter_read \(1\)' other.txt
refused "trace.txt: was given as the host's, but has only events of a guest; give it with --guest" --host trace.txt

mkdir -p case/guest case/host
cp trace.txt case/guest
: > case/host/trace.dat
refused 'case/host' case

# Facts
refused 'facts.txt: cannot open' trace.txt --facts facts.txt
echo '{"devices": [{"guest_name": "virtio0", "parent": 7}]}' > facts.json
refused 'facts.json: devices\[0\].parent: expected text, found 7' trace.txt --facts facts.json
echo 'hello' > facts.txt
refused 'facts.txt:1: expected a line such as' trace.txt --facts facts.txt

# Names with control characters and marks of direction reach no terminal, and no line more than the message has.
strange=$(printf 'x\033[31m\nwarning: \342\200\256y')
for command in report analyze explain 'diff case.db' 'import -o absent.db'; do
  # shellcheck disable=SC2086
  expect 1 'x\?\[31m\?warning: \?y' descry $command "$strange"
  LC_ALL=C grep -q "$(printf '\033')" stdout stderr && failed "an escape sequence in what $command says"
done
cp trace.txt "$strange"
expect 0 '' descry import "$strange" "$strange" -o "$strange.db"
LC_ALL=C grep -q "$(printf '\033')" stdout stderr && failed "an escape sequence in what import says"
for word in "$strange" '6.12; id' "6.12'"; do
  expect 2 'expected what uname' descry record --print-trace-cmd --kernel "$word"
  expect 2 'expected what uname' descry record --print-trace-cmd --kernel 6.12.107+deb13-amd64 --arch "$word"
done

# Databases
expect 1 'absent.db: no such file' descry report absent.db
expect 1 'trace.txt: is not a case database' descry report trace.txt
expect 1 'trace.txt: is not a case database' descry analyze trace.txt
cp case.db other_version.db
printf '\000\000\000\143' | dd of=other_version.db bs=1 seek=60 conv=notrunc status=none
expect 1 'schema version 99.*import the traces again' descry report other_version.db
expect 1 'schema version 99.*import the traces again' descry analyze other_version.db
expect 0 'trace' descry import trace.txt -o other_version.db
head -c 20000 case.db > cut.db
expect 1 'cut.db: is cut short' descry report cut.db

finish
