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

# One run of a QEMU with both trace backends. Its disk "data" had 85 requests, as QEMU itself counted. Each half is in both, with
# the same points; the log cuts its times to microseconds, and writes an event after LTTng has.
unpack_cases qemu-both
expect 0 '' descry import --host qemu-both/qemu.log -o log.db
expect 0 '' descry import --host qemu-both/lttng -o lttng.db
pops=$(babeltrace2 qemu-both/lttng | grep -c virtqueue_pop)
python3 - "$pops" << 'PYTHON' || failed "QEMU's log and LTTng do not show the same halves"
import sqlite3, statistics, sys
POINTS = "k", "w", "t", "p", "u", "s"
def halves(name):
    columns = ", ".join(f"h.{point}_ns" for point in POINTS)
    return sqlite3.connect(name).execute(f"""SELECT q.device, q.queue_name, h.epoch, h.position, {columns}
        FROM host_half h JOIN queue_side_view q USING (queue_id) ORDER BY h.f_ns""").fetchall()
log, lttng = halves("log.db"), halves("lttng.db")
assert len(log) == len(lttng) == int(sys.argv[1]), (len(log), len(lttng), sys.argv[1])
apart = []
for one, other in zip(log, lttng):
    assert one[:4] == other[:4], (one, other)
    assert [at is None for at in one[4:]] == [at is None for at in other[4:]], (one, other)
    apart += [abs(a - b) for a, b in zip(one[4:], other[4:]) if a is not None]
assert len(apart) > 3 * len(log) and statistics.median(apart) < 1000 and max(apart) < 10000, sorted(apart)[-5:]
assert max(sum(half[0] == device for half in log) for device in {half[0] for half in log}) >= 85
PYTHON

finish
