#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Facts from what people paste, and facts files that are an attack.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
unpack_cases dmesg-swiotlb attack-deep attack-overflow
small_trace > trace.txt

# The log's own numbers: a pool of 1024 MiB, a request of 288 KiB, 1200 slots in use, a protected guest.
expect 0 '' descry import --guest trace.txt --facts dmesg-swiotlb/dmesg.txt -o case.db
[ "$(sql case.db 'SELECT pool_slots, used_slots, full, refused_bytes, source FROM swiotlb_pool_view')" = '524288|1200|1|294912|dmesg-swiotlb/dmesg.txt' ] ||
  failed "the pool: $(sql case.db 'SELECT * FROM swiotlb_pool_view')"
[ "$(sql case.db 'SELECT swiotlb_forced FROM device')" = 1 ] || failed "the guest is not protected"
expect 0 'larger pool does not help' descry report case.db

# A request that would fit: then the pool is too small.
echo '[ 99.1] virtio-pci 0000:00:05.0: swiotlb buffer is full (sz: 65536 bytes), total 32768 (slots), used 32760 (slots)' > small.txt
expect 0 '' descry import --guest trace.txt --facts small.txt -o case.db
expect 0 "swiotlb=65536" descry report case.db

# grep . /sys/kernel/debug/swiotlb/*, and /proc/cmdline
printf '/sys/kernel/debug/swiotlb/io_tlb_nslabs:32768\n/sys/kernel/debug/swiotlb/io_tlb_used:12\n/sys/kernel/debug/swiotlb/io_tlb_used_hiwater:900\n' > debugfs.txt
echo 'BOOT_IMAGE=/vmlinuz root=/dev/vda1 swiotlb=force' > cmdline
expect 0 '' descry import --guest trace.txt --facts debugfs.txt --facts cmdline -o case.db
[ "$(sql case.db 'SELECT pool_slots, used_slots, full FROM swiotlb_pool_view')" = '32768|900|None' ] || failed "debugfs: $(sql case.db 'SELECT * FROM swiotlb_pool_view')"
[ "$(sql case.db 'SELECT swiotlb_forced FROM device')" = 1 ] || failed "swiotlb=force"

# Without a trace, a full pool is an answer; a domain of libvirt is none.
for given in '--facts dmesg-swiotlb/dmesg.txt' dmesg-swiotlb/dmesg.txt dmesg-swiotlb; do
  # shellcheck disable=SC2086
  expect 0 '' descry import $given -o alone.db
  expect 0 'larger pool does not help' descry report alone.db
done
for format in text markdown html csv json junit; do
  expect 0 '' descry report alone.db --format $format --force -o "alone.$format"
done
cat > guest.xml <<XML
<domain type='kvm'><name>vm1</name><devices>
  <interface type='bridge'><mac address='52:54:00:12:34:56'/><model type='virtio'/><driver name='vhost' packed='off'/><alias name='net0'/>
    <address type='pci' domain='0x0000' bus='0x00' slot='0x05' function='0x0'/></interface>
</devices></domain>
XML
expect 1 'the facts alone .guest.xml. answer nothing' descry import guest.xml -o none.db
expect 2 'at least one trace or facts file' descry import -o none.db

# The only virtio device of the domain is the guest's first one; the note says how it is known.
expect 0 'guest.xml: net0 is virtio0, by the place' descry import trace.txt guest.xml -o case.db
[ "$(sql case.db "SELECT transport, kind, bus_id, vmm_id, vhost FROM device")" = 'pci|net|0000:00:05.0|net0|1' ] || failed "libvirt: $(sql case.db 'SELECT * FROM device')"

# Two sources that contradict each other: counted, and both stand in fact_view.
echo 'qemu-system-x86_64 -netdev tap,id=n,vhost=off -device virtio-net-pci,netdev=n,id=net0,addr=5' > ps.txt
expect 3 '' descry import --guest trace.txt --facts guest.xml --facts ps.txt -o case.db
[ "$(sql case.db "SELECT value, source FROM fact_view WHERE name = 'vhost' ORDER BY value DESC")" = $'on|guest.xml\noff|ps.txt' ] || failed "both: $(sql case.db 'SELECT * FROM fact_view')"
expect 3 'vhost is on in guest.xml, off in ps.txt' descry report case.db --format json

# Two interfaces without addresses: neither is taken for virtio0.
echo 'qemu-system-x86_64 -device virtio-net-pci,id=a -device virtio-net-pci,id=b' > two.txt
expect 0 'which of its devices .a, b. is virtio0 is not known' descry import --guest trace.txt --facts two.txt -o case.db
[ "$(sql case.db "SELECT count(*) FROM device WHERE vmm_id IS NOT NULL")" = 0 ] || failed "a guess"

# Beside a trace, files that can be nothing else are facts; notes that quote a command are not, nor is the host's own log.
mkdir -p folder/guest folder/host
cp trace.txt folder/guest && cp dmesg-swiotlb/dmesg.txt folder/guest && cp trace.txt folder/host
cp guest.xml folder && cp dmesg-swiotlb/dmesg.txt folder/host/other.txt
printf '# Notes\nI started it with\nqemu-system-x86_64 -device virtio-blk-pci,addr=5\n' > folder/notes.md
descry import --guest folder -o case.db 2> notes
grep -q '^note: folder/guest.xml: is read as facts: a domain of libvirt' notes || failed "a domain beside the trace: $(cat notes)"
grep -q '^note: folder/guest/dmesg.txt: is read as facts' notes || failed "a kernel log beside the trace: $(cat notes)"
[ "$(grep -c 'is read as facts' notes)" = 2 ] || failed "what else is read: $(cat notes)"
[ "$(sql case.db 'SELECT full FROM swiotlb_pool_view')" = 1 ] || failed "its facts"

# What decides the size of the pool: a SEV guest of 16 GiB with Linux 6.1 has 1 GiB by default, and any number replaces that.
cat > sev.log <<'END'
[    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)
[    0.000000] Command line: BOOT_IMAGE=/vmlinuz root=/dev/vda1
[    0.100000] Memory: 16289232K/16777216K available (14342K kernel code)
[    0.110000] Memory Encryption Features active: AMD SEV
[   99.100000] virtio-pci 0000:00:05.0: swiotlb buffer is full (sz: 65536 bytes), used 500000 (slots)
END
expect 0 '' descry import --guest trace.txt --facts sev.log -o case.db
[ "$(sql case.db 'SELECT memory_bytes, protection, option_slots FROM swiotlb_pool_view')" = '17179869184|x86|None' ] ||
  failed "what decides the pool: $(sql case.db 'SELECT * FROM swiotlb_pool_view')"
expect 0 'swiotlb=1048576' descry report case.db
expect 0 'replaces the pool of 1024 MiB' sh -c 'descry report --full case.db | tr -s " \n" " "'
# The same guest with a number that made its pool smaller.
sed -i 's#root=/dev/vda1#root=/dev/vda1 swiotlb=131072#' sev.log
expect 0 '' descry import --guest trace.txt --facts sev.log -o case.db
expect 0 'replaces the pool of 256 MiB .set by swiotlb=131072' sh -c 'descry report --full case.db | tr -s " \n" " "'

# One line that names the file.
for attack in deep.json overflow.json; do
  expect 1 "$attack: " descry import --guest trace.txt --facts $attack -o none.db
done
echo '{"guest": {"kprobes_missed_because_nested": 18446744073709551615}}' > large.json
expect 1 'large.json: guest.kprobes_missed_because_nested: expected' descry import --guest trace.txt --facts large.json -o none.db
[ ! -e none.db ] || failed "a database of bad facts"

finish
