#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether two recorders saw the same chains of the same run: near_facts.py HITS.db USUAL.db truth.json.

The first was given every hit of the probes, the second what its probes made of them in the kernel, the shortest way. Each has
looked at the clock for itself, and an emulated CPU may lose the real one in between. Expected: the same chains with
the same heads, counts, misses and retries, the same times seen; nearly all times near; and what the loop counted. A doorbell
that rings while the worker still serves the queue is before the fetch for one of them and behind it for the other: few may
differ in their doorbell. Exit code 4 when not.
"""
import json
import sqlite3
import sys

EQUAL = ["head", "out_count", "in_count", "length_bytes", "misses", "retries", "flags"]
TIMES = ["f_ns", "k_ns", "w_ns", "u_ns"]
NEAR_NS, NEARLY_ALL = 3_000_000, 0.9
OF_THE_DOORBELL, FEW = {"flags", "k_ns"}, 0.15


def chains(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    origin = database.execute("SELECT origin_ns FROM capture").fetchone()[0]
    found = database.execute(
        f"SELECT position, {', '.join(EQUAL + TIMES)} FROM host_half WHERE u_ns IS NOT NULL ORDER BY position"
    ).fetchall()
    rows = {}
    for position, *values in found:
        equal, times = values[: len(EQUAL)], values[len(EQUAL) :]
        # The others are counted from when it was fetched.
        rows[position] = equal, [times[0] + origin] + [t if t is None else t + times[0] + origin for t in times[1:]]
    return rows


def main():
    hits, usual = (chains(path) for path in sys.argv[1:3])
    with open(sys.argv[3], encoding="utf-8") as file:
        packets = json.load(file)["packets"]
    wrong = len(hits) != packets or len(usual) != packets or hits.keys() != usual.keys()
    near = far = raced = 0
    for position in hits.keys() & usual.keys():
        (equal, times), (other_equal, other_times) = hits[position], usual[position]
        differ = [name for name, a, b in zip(EQUAL, equal, other_equal) if a != b]
        differ += [name for name, a, b in zip(TIMES, times, other_times) if (a is None) != (b is None)]
        raced += bool(differ) and OF_THE_DOORBELL.issuperset(differ)
        if not OF_THE_DOORBELL.issuperset(differ):
            if not wrong:
                print(f"position {position}: {differ} differ: {hits[position]} and {usual[position]}")
            wrong = True
        for a, b in zip(times, other_times):
            if a is not None and b is not None:
                near, far = near + (abs(a - b) <= NEAR_NS), far + (abs(a - b) > NEAR_NS)
    print(f"chains: {len(hits)} and {len(usual)}, sent {packets}; times: {near} near, {far} not; doorbells raced: {raced}")
    return 4 if wrong or raced > FEW * packets or near < NEARLY_ALL * (near + far) else 0


sys.exit(main())
