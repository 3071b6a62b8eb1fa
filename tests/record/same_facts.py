#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether two case databases hold the same facts of the same run: same_facts.py A.db B.db.

Compared row by row, with absolute times: halves, doorbells, interrupts, misses, table changes, epochs, queues. Exit code 4
when they differ, and the first difference of each table on the standard output.
"""
import sqlite3
import sys

ABSOLUTE = {"q_ns", "f_ns", "ns", "raised_ns", "read_ns", "updated_ns", "retried_ns", "start_ns", "end_ns"}
# Rows of one time are told apart by a number that depends on the order of reading; records of the probes do not name
# the thread that fetched.
IGNORED = {"seq", "worker_tid"}
TABLES = ["guest_half", "host_half", "doorbell", "interrupt", "iotlb_miss", "iotlb_event", "queue_epoch", "queue"]


def rows(database, table):
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] not in IGNORED]
    if not names:
        raise SystemExit(f"no table {table}")
    origin = database.execute("SELECT origin_ns FROM capture").fetchone()[0]
    columns = [f'"{name}" + {origin}' if name in ABSOLUTE else f'"{name}"' for name in names]
    return names, sorted(database.execute(f"SELECT {', '.join(columns)} FROM {table}"), key=repr)


def main():
    first, second = (sqlite3.connect(f"file:{path}?mode=ro", uri=True) for path in sys.argv[1:3])
    differ, chains = False, 0
    for table in TABLES:
        names, a = rows(first, table)
        _, b = rows(second, table)
        chains += len(a) if table.endswith("half") else 0
        print(f"{table}: {len(a)} and {len(b)} rows, {'the same' if a == b else 'DIFFERENT'}")
        if a == b:
            continue
        differ = True
        for mine, other in zip(a, b):
            if mine != other:
                print("  first:", {n: (x, y) for n, x, y in zip(names, mine, other) if x != y}, "in", mine[:3])
                break
    if chains == 0:
        print("no chain in them: nothing was compared")
    return 4 if differ or chains == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
