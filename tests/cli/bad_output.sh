#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Where nothing can be written, nothing is left behind and what was there stays.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
small_trace > trace.txt

expect 1 'directory nowhere does not exist' descry import trace.txt -o nowhere/case.db
expect 1 'case.db' descry import trace.txt -o /proc/case.db
mkdir taken.db
expect 1 'taken.db: is a directory' descry import trace.txt -o taken.db
expect 1 'not a regular file' descry import trace.txt -o /dev/null
expect 1 'trace.txt: is a trace or a facts file' descry import trace.txt -o trace.txt
echo '{"transport": "pci"}' > facts.json
expect 1 'facts.json: is a trace or a facts file' descry import trace.txt --facts facts.json -o ./facts.json
small_trace | cmp -s - trace.txt || failed "a trace was overwritten"
[ -s facts.json ] || failed "a facts file was overwritten"
"$SOURCE/samples/traces/unpack" pci-blk . || failed "cannot unpack the sample"
expect 1 'lies inside the trace' descry import pci-blk -o pci-blk/host/case.db
no_leftover "a trace" pci-blk/host

expect 0 'trace' descry import trace.txt -o case.db
before=$(sha256sum < case.db)
unchanged() {
  [ "$(sha256sum < case.db)" = "$before" ] || failed "the old database was changed: $1"
  no_leftover "$1"
}
# A limit on file sizes is the disk that is full of everybody.
# shellcheck disable=SC2317  # called through expect
limited() { (ulimit -f 64; "$@"); }
expect 1 'case.db' limited descry import pci-blk -o case.db
unchanged "file size limit"
expect 1 'report.json' limited descry report case.db --format json -o /proc/report.json
cp case.db full.db
for command in 'report case.db' 'report case.db --format json' 'explain case.db' 'diff case.db case.db' 'analyze full.db' \
  'import trace.txt -o full.db' 'doctor' 'doctor --json' '--help' '--version' 'report --help' 'record --print-trace-cmd --kernel 6.12.107+deb13-amd64'; do
  expect 1 'cannot write to the standard output' sh -c "descry $command > /dev/full"
done
expect 0 '' sh -c 'descry import -q trace.txt -o full.db > /dev/full'
unchanged "a full standard output"

size=$(($(stat -c %s case.db) + 65536))  # the old database fits, a new one does not fit beside it
if [ "$(id -u)" -eq 0 ] && mkdir disk && mount -t tmpfs -o size=$size descry-test disk 2> /dev/null; then
  trap 'umount "$work/disk"; rm -rf "$work"' EXIT
  cp case.db disk/case.db
  expect 1 'disk full' descry import pci-blk -o disk/case.db
  [ "$(sha256sum < disk/case.db)" = "$before" ] || failed "the old database was changed: full disk"
  no_leftover "full disk" disk
else
  echo "no tmpfs can be mounted here: the full disk was only tested as a file size limit"
fi

if [ "$(id -u)" -ne 0 ]; then
  mkdir closed
  chmod 555 closed
  expect 1 'closed.*Permission denied' descry import trace.txt -o closed/case.db
fi

# Folders for temporary files: one that is missing is named, what a killed program left is swept, others stay.
tar -cf packed.tar trace.txt
expect 1 'TMPDIR is /nonexistent' env TMPDIR=/nonexistent descry import packed.tar -o packed.db
mkdir -p temporary/descry-import-abc123 temporary/descry-my-backup temporary/descry-import-abc124
chmod 1700 temporary/descry-import-abc123 temporary/descry-import-abc124
echo left > temporary/descry-import-abc123/file
exec 7< temporary/descry-import-abc124
flock -n 7 || failed "cannot lock the folder of another program"
expect 0 '' env TMPDIR="$PWD/temporary" descry import -q packed.tar -o packed.db
exec 7<&-
[ "$(ls temporary)" = "$(printf 'descry-import-abc124\ndescry-my-backup')" ] || failed "left there: $(ls temporary)"

finish
