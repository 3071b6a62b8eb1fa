# SPDX-License-Identifier: GPL-2.0-or-later
"""What records inside a machine: trace-cmd with kprobe events, or descry record."""
from . import descry, guest_root, programs
from .errors import UsageError

RECORDERS = ("trace-cmd", "descry", "none")


def add_recorder(root, recorder, arch, definitions):
    """Puts the recorder into the machine, with its probe definitions for trace-cmd."""
    if recorder not in RECORDERS:
        raise UsageError(f"there is no recorder {recorder}; there are {', '.join(RECORDERS)}")
    root.file("lab/record.sh", (guest_root.GUEST / "record.sh").read_bytes())
    if recorder == "trace-cmd":
        programs.add_trace_cmd(root, arch)
        root.file("lab/probes", "".join(line + "\n" for line in definitions))
    elif recorder == "descry":
        root.program("bin/descry-collector", descry.binary("descry-collector"))
