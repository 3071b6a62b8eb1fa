# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads what advice_list prints."""
import collections
import subprocess
import sys

Advice = collections.namedtuple("Advice", "table knob value kinds transports how note since reference")


def read(program):
    """Lists of entries, advice and knobs."""
    lines = subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split("\t") for line in lines]
    return ([Advice(*row[1:]) for row in rows if row[0] == "entry"],
            [Advice(*row[1:]) for row in rows if row[0] == "advice"],
            [(row[1], row[2]) for row in rows if row[0] == "knob"])


def release(text):
    return tuple(int(part) for part in text.split(".")[:2]) if text else ()


def end(problems, said):
    for problem in sorted(set(problems)):
        print(problem)
    print(said)
    sys.exit(1 if problems else 0)
