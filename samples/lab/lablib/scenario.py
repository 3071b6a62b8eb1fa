# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenario files: scenarios/NAME.toml, described in README.md."""
import tomllib

from .errors import UsageError
from .programs import LAB

FOLDER = LAB / "scenarios"
KINDS = ("loop", "guest", "nested")
MEMBERS = {
    "kind",
    "story",
    "machine",
    "kernel",
    "recorder",
    "record_options",
    "quick",
    "expect",
    "baseline",
    "timeout",
    *KINDS,
}


class Scenario:
    """One scenario; with `quick`, the members of its table [quick] replace those of its kind's table."""

    def __init__(self, name, quick=False):
        path = FOLDER / f"{name}.toml"
        if not path.is_file():
            raise UsageError(f"there is no scenario {name}; samples/lab/run --list shows them")
        with path.open("rb") as file:
            values = tomllib.load(file)
        unknown = set(values) - MEMBERS
        if unknown or values.get("kind") not in KINDS:
            raise UsageError(f"{path}: kind must be one of {', '.join(KINDS)}; unknown members: {unknown or 'none'}")
        self.name, self.path = name, path
        self.kind, self.story = values["kind"], values["story"]
        self.machine = values.get("machine", "pci")
        self.kernel = values.get("kernel", "6.1")
        self.recorder = values.get("recorder", "trace-cmd")
        self.record_options = values.get("record_options", "")
        self.baseline = values.get("baseline")
        self.timeout = values.get("timeout", 240)
        self.settings = values.get(self.kind, {}) | (values.get("quick", {}) if quick else {})
        self.expect = values.get("expect", {})
        self.quick = quick


def names():
    return sorted(path.stem for path in FOLDER.glob("*.toml"))
