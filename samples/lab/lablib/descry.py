# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs under test."""
import json
import os
import shutil
import subprocess
from pathlib import Path

from .errors import DONE, LOSS, LabError
from .programs import LAB


def binary(name):
    """$DESCRY_BIN (a folder), a build folder of this source tree, or the PATH."""
    root = LAB.parent.parent
    folders = (
        [os.environ["DESCRY_BIN"]]
        if "DESCRY_BIN" in os.environ
        else [*sorted(root.glob("build*/bin")), *sorted(root.glob("build*/*/bin"))]
    )
    for folder in folders:
        if (path := Path(folder) / name).exists():
            return path
    if "DESCRY_BIN" not in os.environ and (found := shutil.which(name)):
        return Path(found)
    raise LabError(f"{name} is not built; build it (README.md) or say where it is: DESCRY_BIN=FOLDER")


def run(name, *arguments):
    result = subprocess.run([str(binary(name)), *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode not in (DONE, LOSS):
        raise LabError(
            f"{name} {' '.join(map(str, arguments))} ended with {result.returncode}: {result.stderr.strip()}"
        )
    return result


def import_case(capture, database):
    """Exit code of the import (LOSS: something was lost or odd) and the report."""
    code = run("descry-collector", "import", "--quiet", capture, "-o", database).returncode
    run("descry", "analyze", database)
    report = run("descry", "report", "--format", "json", database).stdout
    return code, json.loads(report)
