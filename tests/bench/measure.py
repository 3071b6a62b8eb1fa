#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the readers in turn over one trace and prints medians. See import.sh.

Exit code 4 when the databases do not hold what the writer of the trace wrote, or when a limit is missed.
"""
import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

MAX_RATIO = 1.0
MAX_MEGABYTES = 256
MAX_BYTES_PER_CHAIN = 93
DONE = (0, 3)


class Reader:
    """A command that is measured: wall and processor time and the peak memory of its largest process."""

    def __init__(self, name, command):
        self.name, self.command = name, [str(word) for word in command]
        self.seconds, self.cpu, self.megabytes = [], [], []

    def run(self):
        start = time.monotonic()
        process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in DONE:
            sys.exit(f"{' '.join(self.command)}\nended with {process.returncode}: {errors.decode()[-2000:]}")
        self.seconds.append(time.monotonic() - start)
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        self.megabytes.append(usage.ru_maxrss / 1024)


def find_program(folder, name):
    found = [path for path in Path(folder).rglob(name) if path.is_file() and os.access(path, os.X_OK)]
    if not found:
        sys.exit(f"{name} is not built in {folder}")
    return found[0]


def print_table(readers, events, chains):
    print(f"{'':34}{'seconds':>9}{'min':>8}{'max':>8}{'cpu s':>8}{'events/s':>11}{'chains/s':>11}"
          f"{'peak MB':>9}{'ratio':>7}")
    for reader in readers:
        seconds = statistics.median(reader.seconds)
        print(f"{reader.name:34}{seconds:9.2f}{min(reader.seconds):8.2f}{max(reader.seconds):8.2f}"
              f"{statistics.median(reader.cpu):8.2f}{events / seconds:11,.0f}{chains / seconds:11,.0f}"
              f"{max(reader.megabytes):9.0f}{ratio(reader, readers[0]):7.2f}")


def ratio(reader, base):
    """Median of the rounds' ratios: what slows the machine down for a while slows both down."""
    return statistics.median(mine / theirs for mine, theirs in zip(reader.seconds, base.seconds))


def contents(database):
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        query = connection.execute
        tables = query("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 3").fetchall() \
            if query("SELECT count(*) FROM pragma_module_list WHERE name = 'dbstat'").fetchone()[0] else []
        return {"events": query("SELECT sum(events) FROM capture").fetchone()[0],
                "chains": query("SELECT count(*) FROM chain").fetchone()[0],
                "bytes": database.stat().st_size, "tables": tables}


def verdict(what, value, limit, form):
    missed = value > limit
    print(f"{what:34}{value:{form}}  limit {limit:{form}}  {'MISSED' if missed else 'ok'}")
    return missed


def main():
    parser = argparse.ArgumentParser()
    for option in ("--bin", "--trace", "--work"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    written = json.loads((options.trace / "written.json").read_text())
    chains = sum(queue["chains"] for queue in written["queues"])
    host, program = options.trace / "host", find_program(options.bin, "descry")
    facts_only, case = options.work / "facts.db", options.work / "case.db"
    readers = [
        Reader("babeltrace2 -o dummy", ["babeltrace2", "-o", "dummy", host]),
        Reader("babeltrace2 text > /dev/null", ["babeltrace2", host]),
        Reader("descry import --no-analyze", [program, "import", "--no-analyze", "--host", host, "-o", facts_only]),
        Reader("descry analyze", [program, "analyze", facts_only]),
        Reader("descry import (with analysis)", [program, "import", "--host", host, "-o", case]),
    ]
    dummy, _, imported, analyzed, whole = readers

    dummy.run()  # brings the trace into the page cache
    dummy.seconds, dummy.cpu, dummy.megabytes = [], [], []
    for number in range(options.rounds):
        for reader in readers:
            reader.run()
        print(f"round {number + 1} of {options.rounds}: " +
              ", ".join(f"{reader.seconds[-1]:.2f}" for reader in readers) + " s", file=sys.stderr)

    print(f"{written['events']:,} events, {chains:,} chains, {len(written['queues'])} queues, "
          f"rounds in turn: {options.rounds}, warm page cache, medians\n")
    print_table(readers, written["events"], chains)

    found = contents(case)
    print(f"\nThe time of an import, as medians: reading as babeltrace2 does {statistics.median(dummy.seconds):.2f} s; "
          f"decode, fold and write {statistics.median(imported.seconds) - statistics.median(dummy.seconds):+.2f} s; "
          f"analysis {statistics.median(whole.seconds) - statistics.median(imported.seconds):+.2f} s")
    print(f"The database: {found['bytes'] / 1e6:.1f} MB" +
          "".join(f", {name} {size / 1e6:.1f} MB" for name, size in found["tables"]) + "\n")
    wrong = [f"the database has {found[key]:,} {key}, the writer wrote {value:,}"
             for key, value in (("events", written["events"]), ("chains", chains)) if found[key] != value]
    missed = [verdict("import and analysis / dummy", ratio(whole, dummy), MAX_RATIO, "8.2f"),
              verdict("peak memory, MB", max(max(reader.megabytes) for reader in (imported, analyzed, whole)),
                      MAX_MEGABYTES, "8.0f"),
              verdict("bytes per chain", found["bytes"] / chains, MAX_BYTES_PER_CHAIN, "8.1f")]
    for line in wrong:
        print(f"WRONG: {line}")
    return 4 if wrong or any(missed) else 0


if __name__ == "__main__":
    sys.exit(main())
