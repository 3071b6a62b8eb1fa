# SPDX-License-Identifier: GPL-2.0-or-later
"""What records inside a machine: descry record, the script that it prints for other machines, or trace-cmd."""
import glob

from . import descry, guest_root, programs
from .errors import Unavailable, UsageError

RECORDERS = ("trace-cmd", "script", "descry", "none")
MACHINE = {"amd64": "x86_64", "s390x": "s390x"}  # as uname -m says


def add_recorder(root, recorder, kernel, side, definitions):
    """Puts the recorder into the machine; definitions() are the probes for trace-cmd, asked for where it records."""
    if recorder not in RECORDERS:
        raise UsageError(f"there is no recorder {recorder}; there are {', '.join(RECORDERS)}")
    root.file("lab/record.sh", (guest_root.GUEST / "record.sh").read_bytes())
    if recorder == "trace-cmd":
        programs.add_trace_cmd(root, kernel.arch)
        root.file("lab/probes", "".join(line + "\n" for line in definitions()))
    elif recorder == "script":
        programs.add_trace_cmd(root, kernel.arch)
        root.file(
            "lab/record-script",
            descry.run(
                "descry-collector",
                "record",
                "--print-trace-cmd",
                "--side",
                side,
                "--kernel",
                kernel.series,
                "--arch",
                MACHINE[kernel.arch],
            ).stdout,
        )
    elif recorder == "descry":
        add_descry(root, kernel.arch)


def options(recorder, scenario, for_trace_cmd):
    """The command-line options of the recorder."""
    return for_trace_cmd if recorder == "trace-cmd" else scenario.record_options if recorder == "descry" else ""


def add_descry(root, arch):
    """The collector, its LTTng provider, and a session daemon with what that needs to run."""
    if arch != programs.host_arch():
        raise Unavailable(f"descry record is not built for {arch}; record with trace-cmd there")
    collector = descry.binary("descry-collector")
    provider = collector.parent / "descry-provider.so"
    if not provider.exists():
        raise Unavailable(
            f"{provider} is missing: only a part of descry is built; "
            "run: tools/build dev"
        )
    root.program("bin/descry-collector", collector, strip=True)
    root.program("bin/descry-provider.so", provider, strip=True)
    for path in ("/usr/bin/lttng-sessiond", *CONSUMER):
        for found in glob.glob(path):
            root.program(found, found)
    root.tree("usr/share/xml/lttng/session.xsd", "/usr/share/xml/lttng/session.xsd")
    root.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    root.file("etc/group", "root:x:0:\n")
    root.folder("var")
    root.link("var/run", "../run")


CONSUMER = ("/usr/lib/*/lttng/libexec/lttng-consumerd",)
