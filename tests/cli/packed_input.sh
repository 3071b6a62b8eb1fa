#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Packed files, archives of capture folders and pipes are read as they are.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
"$SOURCE/samples/traces/unpack" pci-blk . || failed "cannot unpack the sample"
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

# Nothing of a copy is left, and nothing that is said or stored names it.
clean() {
  [ -z "$(ls -A "$TMPDIR")" ] || failed "$1: left behind: $(ls "$TMPDIR")"
  cat stdout stderr | grep -q "$TMPDIR" && failed "$1: names a copy: $(cat stdout stderr)"
  [ ! -e case.db ] || ! sql case.db 'SELECT path FROM capture UNION SELECT detail FROM anomaly' | grep -q "$TMPDIR" ||
    failed "$1: stores the name of a copy"
}

small_trace > trace.txt
expect 0 '2 chains' descry import --guest trace.txt -o plain.db
for pack in 'gzip -k' 'xz -k' 'zstd -q' 'bzip2 -k'; do
  rm -f trace.txt.*
  $pack trace.txt
  rm -f case.db
  expect 0 '2 chains' descry import --guest trace.txt.* -o case.db
  [ "$(sql case.db 'SELECT path FROM capture')" = "$(echo trace.txt.*)" ] || failed "$pack: $(sql case.db 'SELECT path FROM capture')"
  clean "$pack"
done

# An archive of the folder, of what is in it, and by a pipe. 360 requests: truth.json.
tar -czf capture.tar.gz pci-blk
tar -C pci-blk -cf inner.tar .
(cd pci-blk && python3 -m zipfile -c ../capture.zip host guest case.json)
for archive in capture.tar.gz inner.tar capture.zip; do
  rm -f case.db
  expect 0 '2 traces, .* 360 chains' descry import $archive -o case.db
  [ "$(sql case.db "SELECT count(*) FROM capture WHERE path LIKE '$archive/%'")" = 2 ] || failed "$archive: $(sql case.db 'SELECT path FROM capture')"
  clean $archive
done
[ "$(sql case.db 'SELECT DISTINCT vm FROM device')" = capture ] || failed "the machine of capture.zip: $(sql case.db 'SELECT vm FROM device')"

# Packed in a capture folder: beside case.json, as the samples lie in the repository, in a side, beside a side that is not packed.
rm -f case.db
expect 0 '2 traces, .* 360 chains' descry import "$SOURCE/samples/traces/pci-blk" -o case.db
[ "$(sql case.db "SELECT count(*) FROM capture WHERE path LIKE '$SOURCE/samples/traces/pci-blk/%'")" = 2 ] || failed "paths: $(sql case.db 'SELECT path FROM capture')"
[ "$(sql case.db 'SELECT DISTINCT vm FROM device')" = pci-blk ] || failed "the machine: $(sql case.db 'SELECT vm FROM device')"
clean 'a folder with an archive'
cp -r pci-blk sides
tar -C sides/host -czf sides/host.tar.gz . && rm -r sides/host/* && mv sides/host.tar.gz sides/host
expect 0 '2 traces, .* 360 chains' descry import sides/ -o case.db
cp -r sides/guest old && tar -czf sides/old-attempt.tar.gz old # beside a side with traces: not of this capture
expect 0 '2 traces, .* 360 chains' descry import sides -o case.db
mkdir many many/a many/b
cp -r pci-blk/case.json pci-blk/guest many/a
tar -C pci-blk -czf many/b/all.tgz .
expect 0 '3 traces' descry import many -o case.db
clean 'folders with archives'
mkdir damaged && head -c 300 capture.tar.gz > damaged/capture.tar.gz
expect 1 'damaged/capture.tar.gz: cannot be unpacked' descry import damaged -o none.db
[ -z "$(find damaged sides/host many/b -name '*unpacked*')" ] || failed 'something was unpacked into the folder itself'

expect 0 '2 chains' descry import --guest - -o case.db < trace.txt
expect 0 '2 chains' descry import --guest /dev/stdin -o case.db < trace.txt
# shellcheck disable=SC2002  # a pipe is what is tested
cat trace.txt | expect 0 '2 chains' descry import --guest - -o case.db
gzip -c trace.txt | expect 0 '2 chains' descry import --guest - -o case.db
mkfifo pipe
cat trace.txt > pipe &
expect 0 '2 chains' timeout 20 descry import --guest pipe -o case.db
clean pipes
expect 1 'pipe: nothing was written to this pipe' timeout 30 descry import --guest pipe -o none.db
expect 1 '/dev/zero: is a device' timeout 20 descry import --guest /dev/zero -o none.db
expect 1 '^descry: -: this file is empty' descry import --guest - -o none.db < /dev/null

# Damaged, hostile and pointless archives: one line, which names what was given.
head -c 100 trace.txt.bz2 > cut.bz2
expect 1 'cut.bz2: cannot be unpacked' descry import --guest cut.bz2 -o none.db
echo nothing | gzip > text.gz
expect 1 'text.gz: not a trace' descry import --guest text.gz -o none.db
yes | head -c 400M | zstd -q > bomb.zst
expect 1 'bomb.zst: grows to more than 2[56][0-9] MiB' descry import --guest bomb.zst -o none.db
python3 - << 'PYTHON'
import io, tarfile
with tarfile.open("escape.tar", "w") as archive:
    entry = tarfile.TarInfo("guest/../../../escaped")
    entry.size = 4
    archive.addfile(entry, io.BytesIO(b"evil"))
PYTHON
tar -cf empty.tar -T /dev/null
gzip empty.tar
expect 1 'empty.tar.gz: .* without files' descry import empty.tar.gz -o none.db
expect 1 'escape.tar: an entry leads out' descry import escape.tar -o none.db
ln -s /etc/passwd link
tar -cf links.tar link
expect 1 'links.tar' descry import links.tar -o none.db
clean damaged
[ ! -e none.db ] || failed "a database of nothing"

# The archive itself is never replaced.
expect 1 '' descry import --force capture.tar.gz -o capture.tar.gz
gzip -t capture.tar.gz || failed "the archive was replaced"

finish
