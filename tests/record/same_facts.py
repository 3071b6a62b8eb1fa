#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether two case databases hold the same facts of the same run: same_facts.py A.db B.db [truth.json].

With the truth of the loop, all its packets must have been fetched and used, and all misses that it answered be there.
Compared row by row, with absolute times: halves, doorbells, interrupts, misses, table changes, epochs, queues. Exit code 4
when they differ, and the first difference of each table on the standard output.
"""
import json
import sqlite3
import sys

ABSOLUTE = {"q_ns", "f_ns", "ns", "raised_ns", "read_ns", "updated_ns", "retried_ns", "start_ns", "end_ns"}
# Rows of one time are told apart by a number that depends on the order of reading; records of the probes do not name
# the thread that fetched.
IGNORED = {"seq", "worker_tid"}
# A device that answers within the doorbell, as an emulated one may, has its chain reaped by an interrupt before the doorbell
# call returns. Single hits then say no more when it returned; the probes do.
MAY_BE_UNSEEN = {"k_return_ns"}
TABLES = ["guest_half", "host_half", "doorbell", "interrupt", "iotlb_miss", "iotlb_event", "queue_epoch", "queue"]


def agree(names, single, folded):
    return all(x == y or (x is None and name in MAY_BE_UNSEEN) for name, x, y in zip(names, single, folded))


def rows(database, table):
    names = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] not in IGNORED]
    if not names:
        raise SystemExit(f"no table {table}")
    origin = database.execute("SELECT origin_ns FROM capture").fetchone()[0]
    columns = [f'"{name}" + {origin}' if name in ABSOLUTE else f'"{name}"' for name in names]
    return names, sorted(database.execute(f"SELECT {', '.join(columns)} FROM {table}"), key=repr)


def untrue(database, path):
    """What the database has otherwise than the loop counted; a sentence for each."""
    with open(path, encoding="utf-8") as file:
        truth = json.load(file)
    fetches, used, misses = database.execute("SELECT sum(fetches), sum(used), sum(misses) FROM queue_epoch").fetchone()
    ended = database.execute("SELECT count(*) FROM host_half WHERE u_ns IS NOT NULL").fetchone()[0]
    for name, found, expected in (
        ("fetches", fetches, truth["packets"]),
        ("used", used, truth["packets"]),
        ("chains that ended", ended, truth["packets"]),
        ("misses", misses, len(truth["misses"])),
    ):
        print(f"{name}: {found}, the loop counted {expected}")
        if found != expected:
            yield name


def doorbells_not_considered(database):
    """A driver considers a doorbell for what it adds, and rings none without."""
    adds, considered, rung = database.execute(
        "SELECT coalesce(sum(adds), 0), coalesce(sum(doorbell_decisions), 0), coalesce(sum(doorbells_rung), 0) "
        "FROM queue_epoch"
    ).fetchone()
    print(f"adds: {adds}, doorbells considered: {considered}, rung: {rung}")
    return adds > 0 and (considered < rung or considered == 0)


def main():
    first, second = (sqlite3.connect(f"file:{path}?mode=ro", uri=True) for path in sys.argv[1:3])
    differ, chains = False, 0
    for table in TABLES:
        names, a = rows(first, table)
        _, b = rows(second, table)
        chains += len(a) if table.endswith("half") else 0
        print(f"{table}: {len(a)} and {len(b)} rows, {'the same' if a == b else 'DIFFERENT'}")
        if a == b or (len(a) == len(b) and all(agree(names, *pair) for pair in zip(a, b))):
            continue
        differ = True
        for mine, other in zip(a, b):
            if mine != other:
                print("  first:", {n: (x, y) for n, x, y in zip(names, mine, other) if x != y}, "in", mine[:3])
                break
    for database in (first, second) if len(sys.argv) > 3 else ():
        differ |= any(list(untrue(database, sys.argv[3])))
    for database in (first, second):
        differ |= doorbells_not_considered(database)
    if chains == 0:
        print("no chain in them: nothing was compared")
    return 4 if differ or chains == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
