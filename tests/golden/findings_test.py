#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The findings of a capture or of a simulated world are exactly those that its description names.

Usage: findings_test.py DESCRIPTION WORK DESCRY COMMAND...

DESCRIPTION has a line "Findings: rule@device, rule@device/queue, rule" or "Findings: none": the findings of severity
warning or worse, in any order. COMMAND makes the database; {db} stands for its path. The SQL of each finding, of any
severity, must return its evidence, a second analysis must find the same, and the worst must fit the first screen.
"""
import json
import pathlib
import re
import sqlite3
import subprocess
import sys


def named(description):
    lines = re.findall(r"^(?:# )?Findings: (.+)$", description.read_text(), re.MULTILINE)
    if len(lines) != 1:
        sys.exit(f"{description}: {len(lines)} lines 'Findings: ...', expected one")
    return [] if lines[0] == "none" else sorted(entry.strip() for entry in lines[0].split(","))


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def returned_by(connection, sql):
    cursor = connection.execute(sql)
    row = cursor.fetchone()
    if row is None or cursor.fetchone() is not None:
        return "not exactly one row"
    return dict(zip((column[0] for column in cursor.description), row))


def placed(finding):
    place = "/".join(finding[key] for key in ("device", "queue") if finding[key])
    return finding["rule"] + (f"@{place}" if place else "")


def screen_problems(screen, findings):
    """The report without options fits a terminal, and the worst findings stand there with what to do."""
    lines = screen.splitlines()
    problems = [f"the first screen has {len(lines)} lines"] if len(lines) > 24 else []
    problems += [f"the first screen has a line of {len(line)} columns: {line}" for line in lines if len(line) > 80]
    shown = [finding for finding in findings if finding["rule"] != "capture-health" or finding["severity"] != "info"]
    for finding in shown[:3]:
        if f"  Do: {finding['action']}" not in lines:
            problems.append(f"the first screen lacks in one line: {finding['action']}")
    return problems


def main():
    description, work, descry, *command = sys.argv[1:]
    description, work = pathlib.Path(description), pathlib.Path(work)
    work.mkdir(parents=True, exist_ok=True)
    name = description.stem if description.stem != "case" else description.parent.name
    database = work / f"{name}.db"
    database.unlink(missing_ok=True)
    run([part.replace("{db}", str(database)) for part in command])
    run([descry, "analyze", "-q", str(database)])
    report = run([descry, "report", "--format", "json", str(database)])
    findings = json.loads(report)["findings"]
    problems = []
    fired = sorted(placed(finding) for finding in findings if finding["severity"] != "info")
    if fired != named(description):
        problems.append(f"found {fired}, the description names {named(description)}")
    problems += screen_problems(
        subprocess.run([descry, "report", database.name], cwd=work, capture_output=True, text=True).stdout, findings)
    connection = sqlite3.connect(database)
    for finding in findings:
        row = returned_by(connection, finding["sql"])
        if row != finding["evidence"]:
            problems.append(f"{finding['rule']}: the SQL returns {row}, the evidence is {finding['evidence']}")
    connection.close()
    run([descry, "analyze", "-q", str(database)])
    if run([descry, "report", "--format", "json", str(database)]) != report:
        problems.append("a second analysis reports something else")
    print(*problems, f"{name}: {len(findings)} findings, {len(fired)} of them warnings or worse", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
