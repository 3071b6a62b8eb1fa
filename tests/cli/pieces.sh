#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Several files of one recording, a file that was given twice, and what lies beside traces in a folder.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
for name in ref percpu-files; do
  mkdir $name
  tar --zstd -xf "$SOURCE/tests/data/cases/$name.tar.zst" -C $name || failed "cannot unpack $name"
done
ref=ref/ref.txt
cpus=percpu-files/percpu-files

# as_reference ARGUMENTS...: one trace with the 40 chains of ref.txt, and a note.
as_reference() {
  expect 0 '1 trace, 400 events, 1 device, 40 chains' descry import "$@" -o case.db
  grep -q '^note: ' stderr || failed "no note: $*"
  expect 0 'virtio0 .*: 204 us median' descry report case.db
}

as_reference --guest $cpus/trace_cpu0 --guest $cpus/trace_cpu1
as_reference $cpus
as_reference $cpus/trace_cpu1 $cpus/trace_cpu0
cp $ref copy.txt
as_reference --guest $ref --guest copy.txt
as_reference $ref $ref
head -n 300 $ref > begin.txt
tail -n 300 $ref > end.txt
as_reference --guest begin.txt --guest end.txt

# Another boot of the guest: other addresses, other chains. It must not be mixed with this one.
sed 's/vq=0xffff8881/vq=0xffff9991/' $ref > boot.txt
expect 0 '2 traces, 800 events' descry import --guest $ref --guest boot.txt -o case.db

# The two sides of a capture folder with notes, another file of that name, and a trace of nothing but the scheduler.
"$SOURCE/samples/traces/unpack" pci-blk . || failed "cannot unpack the sample"
descry import pci-blk -o plain.db > plain || failed "cannot import the sample"
cat > pci-blk/notes.md << 'NOTES'
Seen while it was slow:

    kworker/0:1H-44  [000] d..1.  352.931866: sched_switch: prev_comm=a prev_pid=1 ==> next_comm=b next_pid=2
NOTES
mkdir pci-blk/guest/kernel pci-blk/guest/about
tail -n 1 pci-blk/notes.md > pci-blk/guest/kernel/trace.txt
echo 'author: me' > pci-blk/guest/about/metadata
echo 'owner: me' > pci-blk/metadata
expect 0 'note: pci-blk/notes.md: is left out' descry import pci-blk -o case.db
expect 0 'note: pci-blk/guest/kernel/trace.txt: contains no virtio or vhost events.*left out' descry import pci-blk -o case.db
[ "$(sed 's/^[^:]*//' stdout)" = "$(sed 's/^[^:]*//' plain)" ] || failed "files beside the traces change the import: $(cat stdout)"

# A side that has nothing of virtio in it is not left out in silence.
mkdir -p one/guest one/host
cp $ref one/guest
tail -n 1 pci-blk/notes.md > one/host/trace.txt
expect 1 'one/host/trace.txt: contains no virtio or vhost events' descry import one -o case.db

# Links to the sides, and one that leads back up.
mkdir links
ln -s ../pci-blk/guest ../pci-blk/host links
ln -s .. links/up
expect 0 '2 traces' descry import links -o case.db
expect 0 '360 chains' descry import links -o case.db

finish
