#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# CTF traces over which libbabeltrace2 ends the program or fills the memory, and a clock that was set back.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
unpack_cases ctf-assert-packet-size ctf-assert-discarded attack-ctf-assert-sizes attack-ctf-hang ctf-clock-back

# What comes after a damaged packet header is not read, and the report says so. The memory is bounded.
# Of eight streams of 125 events one has a size that no packet has.
expect 3 '875 events' descry import ctf-assert-packet-size -o case.db
expect 3 'ch_6 is damaged at byte 0' descry report --full case.db
# Four packets of 250 events; the second says that 2^64-1 events were discarded.
expect 3 '250 events' descry import ctf-assert-discarded -o case.db
expect 3 'damaged at byte 12288' descry report case.db
for attack in ctf-assert-sizes ctf-hang; do
  for reader in auto babeltrace; do
    (ulimit -v 3000000; expect 3 'lost events' timeout 20 descry-collector import --reader $reader "$attack" -o case.db
     exit $failures) || failures=$((failures + 1))
  done
done
no_leftover 'damaged packets'

# 200 requests of 6.5 us each; in their middle the clock goes back by 100 s.
expect 3 '200 chains' descry import ctf-clock-back -o case.db
expect 3 'clock mono went back by 99.999987' descry report case.db
[ "$(sql case.db 'SELECT count(*), min(u_ns), max(u_ns) FROM host_half')" = "$(sql case.db 'SELECT count(*), max(u_ns), max(u_ns) FROM host_half')" ] ||
  failed "the clock: $(sql case.db 'SELECT min(u_ns), max(u_ns) FROM host_half')"
[ "$(sql case.db 'SELECT count(*) FROM host_half WHERE u_ns > 1000')" = 200 ] || failed "chains of no length"

# A stream without a clock.
cp -r ctf-clock-back/back-big no-clock
sed -i 's/ map = clock.mono.value;//; s/ts_t timestamp; };/ts_t moment; };/; s/timestamp_begin/begin/; s/timestamp_end/end/' no-clock/metadata
expect 1 'no-clock: .*without a clock' descry import no-clock -o none.db

# More streams than files may be open at first: 1,100 of 250 events.
mkdir many
cp ctf-clock-back/back-big/metadata many/
head -c 12288 ctf-clock-back/back-big/ch_0 > stream
for number in $(seq 1100); do cp stream "many/ch_$number"; done
ulimit -S -n 512
expect 3 '275000 events' descry import many -o case.db

finish
