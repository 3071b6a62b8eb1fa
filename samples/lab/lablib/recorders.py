# SPDX-License-Identifier: GPL-2.0-or-later
"""What records inside a machine: descry record, the script that it prints for other machines, or trace-cmd."""
from pathlib import Path

from . import cross, descry, guest_root, programs
from .errors import Unavailable, UsageError

PROVIDER = "descry-provider.so"
RECORDERS = ("trace-cmd", "script", "descry", "none")


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
                programs.PROCESSOR[kernel.arch],
            ).stdout,
        )
    elif recorder == "descry":
        add_descry(root, kernel.arch)


def options(recorder, scenario, for_trace_cmd):
    """The command-line options of the recorder."""
    return for_trace_cmd if recorder == "trace-cmd" else scenario.record_options if recorder == "descry" else ""


def add_descry(root, arch):
    """The collector, its LTTng provider, and a session daemon with what that needs to run."""
    if arch == programs.host_arch():
        folder, system, libraries = descry.binary("descry-collector").parent, Path("/"), None
    else:
        folder, system = cross.binaries(arch), cross.system(arch)
        libraries = [system / "lib", system / "usr/lib"]
    if not (folder / PROVIDER).exists():
        raise Unavailable(f"{folder / PROVIDER} is missing: only a part of descry is built; run: tools/build dev")
    for name in ("descry-collector", PROVIDER):
        root.program(f"bin/{name}", folder / name, libraries, strip=libraries is None)
    daemons = [system / "usr/bin/lttng-sessiond", *system.glob("usr/lib/*/lttng/libexec/lttng-consumerd")]
    for program in daemons:
        if program.exists():
            root.program(str(program.relative_to(system)), program, libraries)
    root.tree("usr/share/xml/lttng/session.xsd", system / "usr/share/xml/lttng/session.xsd")
    root.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    root.file("etc/group", "root:x:0:\n")
    root.folder("var")
    root.link("var/run", "../run")
