#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads trace.dat and trace.txt of a folder in turn with trace-cmd and descry and prints medians. See formats.sh.

Exit code 4 when descry reads another number of events than trace-cmd prints, or when a limit is missed.
"""
import argparse
import sqlite3
import statistics
import sys
from pathlib import Path

from measure import Reader, find_program, print_table, ratio, verdict

MAX_RATIO = 0.5
MIN_MEGABYTES_PER_SECOND = 80


def main():
    parser = argparse.ArgumentParser()
    for option in ("--bin", "--work"):
        parser.add_argument(option, type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    program, work = find_program(options.bin, "descry"), options.work
    binary, text = work / "trace.dat", work / "trace.txt"
    readers = [Reader("trace-cmd report > /dev/null", ["trace-cmd", "report", "-i", binary])]
    for trace in (binary, text):
        readers.append(Reader(f"descry import --no-analyze {trace.suffix}",
                              [program, "import", "--no-analyze", "--jobs", "1", "--guest", trace, "-o", work / f"{trace.suffix[1:]}.db"]))
    for _ in range(options.rounds):
        for reader in readers:
            reader.run()

    with text.open() as lines:
        printed = sum(1 for line in lines if not line.startswith("cpus="))
    read = [sqlite3.connect(work / f"{kind}.db").execute("SELECT sum(events) FROM capture").fetchone()[0] for kind in ("dat", "txt")]
    megabytes = text.stat().st_size / 1e6
    print(f"trace.dat {binary.stat().st_size / 1e6:.0f} MB, text {megabytes:.0f} MB, {printed:,} events, medians of {options.rounds}\n")
    print_table(readers, printed, 0)
    slow = verdict("trace.dat: import / trace-cmd", ratio(readers[1], readers[0]), MAX_RATIO, "8.2f")
    # So that a smaller value is better, as verdict() has it.
    slow |= verdict("text: seconds per 80 MB", statistics.median(readers[2].seconds) * MIN_MEGABYTES_PER_SECOND / megabytes, 1.0, "8.2f")
    wrong = [kind for kind, events in zip(("trace.dat", "text"), read) if events != printed]
    for kind in wrong:
        print(f"WRONG: {kind}: {read} events read, trace-cmd prints {printed}")
    return 4 if wrong or slow else 0


if __name__ == "__main__":
    sys.exit(main())
