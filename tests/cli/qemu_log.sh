#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The log backend of QEMU. The case's own numbers: 20 requests, each fetched at 30 us, done at 800 us, used at 820 us
# after its doorbell.
# shellcheck source=tests/cli/expect.sh
. "$SOURCE/tests/cli/expect.sh"
unpack_cases qemu-log qemu-log-no-time

expect 0 '20 chains' descry import qemu-log/qemu.log -o log.db
expect 0 'backend' descry report log.db
[ "$(sql log.db 'SELECT count(*), min(p_ns), max(p_ns) FROM host_half')" = '20|770000|770000' ] || failed "halves: $(sql log.db 'SELECT * FROM host_half')"
[ "$(sql log.db 'SELECT side, source, clock, resolution_ns, clock_epoch_ns FROM capture')" = 'host|qemu_log|realtime|1000|0' ] ||
  failed "capture: $(sql log.db 'SELECT * FROM capture')"

expect 1 'run QEMU with .-msg timestamp=on' descry import --host qemu-log-no-time/qemu.log -o none.db
[ ! -e none.db ] || failed "a database of a log without times"

finish
