# SPDX-License-Identifier: GPL-2.0-or-later
"""samples/lab/run: runs scenarios and says whether descry found what is known to be in them."""
import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path

from . import descry, expect, guest, loop, nested
from .case_db import CaseNumbers, Numbers
from .errors import CHECK_FAILED, DONE, FAILED, UNAVAILABLE, LabError, Unavailable, UsageError
from .scenario import Scenario, names

KINDS = {"loop": loop, "guest": guest, "nested": nested}


def arguments():
    parser = argparse.ArgumentParser(
        prog="samples/lab/run",
        description="Runs scenarios of the lab and checks what descry makes of them.",
        epilog="Exit codes: 0 all expectations hold, 1 failed, 2 wrong usage, 4 an expectation does not hold, "
        "77 skipped: a kernel or package cannot be had.",
    )
    parser.add_argument("scenario", nargs="*", help="names of scenarios")
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        help="where to leave case.db, report.json, truth.json and the "
        "traces; with several scenarios, a folder for each below",
    )
    parser.add_argument("--list", action="store_true", help="show the scenarios")
    parser.add_argument("--all", action="store_true", help="run all of them")
    parser.add_argument("--quick", action="store_true", help="shorter workloads")
    parser.add_argument(
        "--recorder", help="record with this one instead: descry, script (of --print-trace-cmd), trace-cmd"
    )
    parser.add_argument("--kernel", help="run this kernel series instead")
    return parser.parse_args()


def show_list():
    try:
        for name in names():
            print(f"{name:18} {Scenario(name).story}")
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def checked_pass(kind, folder):
    """Imports one recorded run; its case.db and report.json end up in the folder."""
    truth = Numbers(kind.truth(folder))
    code, report = descry.import_case(folder / "capture", folder / "case.db")
    (folder / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    return expect.Pass(truth, CaseNumbers(folder / "case.db", truth.get("device")), report, code)


def run_one(name, out, options):
    scenario = Scenario(name, options.quick)
    scenario.recorder = options.recorder or scenario.recorder
    scenario.kernel = options.kernel or scenario.kernel
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    print(f"== {name}: {scenario.story}")
    start = time.monotonic()
    kind = KINDS[scenario.kind]
    folders = kind.execute(scenario, out)
    passes = {key: checked_pass(kind, folder) for key, folder in folders.items()}
    results = expect.check(scenario.expect, passes["run"], passes.get("baseline"), options.quick)
    lines = [
        f"{'ok    ' if holds else 'FAILED'} {what}{': ' + detail if detail else ''}"
        for what, _, holds, detail in results
    ]
    (out / "expectations.txt").write_text("".join(line + "\n" for line in lines))
    print("\n".join(f"   {line}" for line in lines))
    failed = sum(not holds for _, _, holds, _ in results)
    print(f"   {len(results) - failed} of {len(results)} expectations hold; {time.monotonic() - start:.0f} s; {out}")
    return CHECK_FAILED if failed else DONE


def run_all(wanted, options):
    descry.binary("descry-collector")  # before minutes of machines, not after
    codes = {}
    for name in wanted:
        base = Path(options.output or "lab-out")
        out = base if options.output and len(wanted) == 1 else base / name
        try:
            codes[name] = run_one(name, out, options)
        except Unavailable as error:
            print(f"   skipped: {error}")
            codes[name] = UNAVAILABLE
        except UsageError:
            raise
        except LabError as error:
            print(f"   failed: {error}")
            codes[name] = FAILED
    words = {DONE: "ok", CHECK_FAILED: "expectations do not hold", UNAVAILABLE: "skipped", FAILED: "failed"}
    if len(wanted) > 1:
        for name, code in codes.items():
            print(f"{name:18} {words[code]}")
    for code in (FAILED, CHECK_FAILED):
        if code in codes.values():
            return code
    return UNAVAILABLE if all(code == UNAVAILABLE for code in codes.values()) else DONE


def main():
    options = arguments()
    try:
        if options.list:
            return show_list()
        wanted = names() if options.all else options.scenario
        if not wanted:
            raise UsageError("which scenario? --list shows them, --all runs all")
        return run_all(wanted, options)
    except LabError as error:
        print(f"run: {error}", file=sys.stderr)
        return error.code
