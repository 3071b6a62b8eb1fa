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

# One line that names the file.
for attack in deep.json overflow.json; do
  expect 1 "$attack: " descry import --guest trace.txt --facts $attack -o none.db
done
echo '{"guest": {"kprobes_missed_because_nested": 18446744073709551615}}' > large.json
expect 1 'large.json: guest.kprobes_missed_because_nested: expected' descry import --guest trace.txt --facts large.json -o none.db
[ ! -e none.db ] || failed "a database of bad facts"

finish
