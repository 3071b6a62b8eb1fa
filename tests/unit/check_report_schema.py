#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Validates every JSON report that the unit tests make against schemas/json/report.schema.json.

Usage: check_report_schema.py JSON_REPORT_TEST SCHEMA
"""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import jsonschema


def reports_of(test):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([test], env={**os.environ, "DESCRY_REPORT_DIR": folder}, check=True, stdout=subprocess.DEVNULL)
        return {path.name: json.loads(path.read_text()) for path in sorted(pathlib.Path(folder).glob("*.json"))}


def spoiled(report):
    """Reports that must be refused: else the schema would accept anything."""
    for key in report:
        broken = copy.deepcopy(report)
        del broken[key]
        yield f"without {key}", broken
    yield "with an unknown key", {**report, "extra": 1}
    for level in ("transports", "devices", "queues"):
        for key in report[level][0]:
            broken = copy.deepcopy(report)
            del broken[level][0][key]
            yield f"{level} without {key}", broken
        broken = copy.deepcopy(report)
        broken[level][0]["extra"] = 1
        yield f"{level} with an unknown key", broken
        broken = copy.deepcopy(report)
        broken[level][0]["causes"]["ring"]["share"] = 1.5
        yield f"{level} with a share above 1", broken
    for key in report["findings"][0]:
        broken = copy.deepcopy(report)
        del broken["findings"][0][key]
        yield f"with a finding without {key}", broken
    for key, value in (("severity", "error"), ("rule", "Some Rule"), ("evidence", {}), ("sql", "40"), ("extra", 1)):
        broken = copy.deepcopy(report)
        broken["findings"][0][key] = value
        yield f"with a finding with {key} = {value}", broken
    broken = copy.deepcopy(report)
    broken["slowest"][0]["points"][0]["point"] = "Q"
    yield "with an unknown point", broken


def main():
    test, schema_path = sys.argv[1:]
    schema = json.loads(pathlib.Path(schema_path).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    reports = reports_of(test)
    failures = [f"{name}: {error.json_path}: {error.message}"
                for name, report in reports.items() for error in validator.iter_errors(report)]
    full = [report for report in reports.values() if report["queues"] and report["slowest"] and report["findings"]]
    if len(reports) < 5 or not full:
        failures.append(f"only {len(reports)} reports were made, {len(full)} of them with chains and findings")
    refused = 0
    for what, broken in spoiled(full[0]) if full else ():
        refused += 1
        if validator.is_valid(broken):
            failures.append(f"a report {what} is accepted")
    print(*failures, f"{len(reports)} reports validated, {refused} spoiled ones tried", sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
