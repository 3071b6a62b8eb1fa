# SPDX-License-Identifier: GPL-2.0-or-later
"""samples/lab/boot: a stock Debian kernel under QEMU, with programs of this machine in it, to try things."""
import argparse
import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from . import guest_root, machine, programs, recorders
from .errors import LabError, UsageError
from .kernels import RELEASE_OF, kernel


def arguments():
    parser = argparse.ArgumentParser(
        prog="samples/lab/boot",
        description="Boots a stock Debian kernel under QEMU and runs COMMAND in it.",
        epilog="Exit code: that of COMMAND; 1 when the machine failed; 77 when a package cannot be had.",
    )
    parser.add_argument("--kernel", default="6.1", choices=RELEASE_OF, help="kernel series (default: 6.1)")
    parser.add_argument(
        "--machine",
        default="pci",
        choices=sorted(machine.MACHINES),
        help="pci, pcie, mmio (microvm), ccw (s390x), arm-pci or arm-mmio; default: pci",
    )
    parser.add_argument("--modules", default="", help="kernel modules to load, with those they need (a,b,...)")
    parser.add_argument("--vhost", action="store_true", help="load vhost-net and tap")
    parser.add_argument(
        "--with",
        dest="programs",
        action="append",
        default=[],
        metavar="PROGRAM[=PATH]",
        help="put a program of this machine and its libraries there (default: into /bin)",
    )
    parser.add_argument(
        "--file",
        dest="files",
        action="append",
        default=[],
        metavar="SOURCE=PATH",
        help="put a file or folder there as it is",
    )
    parser.add_argument("--loop", action="store_true", help="put vhost_loop into /bin (implies --vhost)")
    parser.add_argument("--descry", action="store_true", help="put descry-collector and what it needs there")
    parser.add_argument("--boot", default="", help="further kernel parameters")
    parser.add_argument("--qemu", default="", help="further options for QEMU")
    parser.add_argument("--memory", type=int, default=1024, help="MiB (default: 1024)")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument(
        "--steady",
        action="store_true",
        help="let time be the number of instructions executed, a nanosecond each: the same however busy this machine is",
    )
    parser.add_argument("--timeout", type=int, default=300, help="seconds until the machine is stopped (default: 300)")
    parser.add_argument("--shell", action="store_true", help="an interactive shell on the console")
    parser.add_argument("-o", "--output", metavar="DIR", help="leave what the machine wrote into /out here")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    return parser.parse_args()


def boot(options):
    chosen = machine.MACHINES[options.machine]
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command and not options.shell:
        raise UsageError("nothing to do: give a command after --, or --shell")
    modules = [name for name in options.modules.split(",") if name]
    if options.vhost or options.loop:
        modules += guest_root.VHOST
    found = kernel(options.kernel, chosen.arch)
    root = guest_root.build(found, options.machine, shlex.join(command) + "\n", modules=modules)
    if options.loop:
        root.program("bin/vhost_loop", programs.compiled("vhost_loop", chosen.arch))
    if options.descry:
        recorders.add_descry(root, chosen.arch)
    for program in options.programs:
        source, _, target = program.partition("=")
        source = source if "/" in source else shutil.which(source) or source
        if not Path(source).is_file():
            raise UsageError(f"--with {program}: there is no such program")
        root.program(target or f"bin/{Path(source).name}", source)
    for file in options.files:
        source, _, target = file.partition("=")
        root.tree(target or source, source)
    with tempfile.TemporaryDirectory(prefix="descry-lab-") as folder:
        return run(options, chosen, found, root, Path(folder))


def run(options, chosen, found, root, folder):
    out = machine.prepare_out(folder / "out.img")
    command = machine.command_line(
        chosen,
        found.image,
        root.write(folder / "initramfs.gz"),
        out,
        arguments=shlex.split(options.qemu),
        boot=options.boot + (" lab.shell" if options.shell else ""),
        memory=options.memory,
        cpus=options.cpus,
        steady=options.steady,
    )
    running = machine.Running(command, folder, interactive=True)
    try:
        running.wait(None if options.shell else options.timeout)
    except KeyboardInterrupt:
        running.stop()
        raise
    files = Path(options.output) if options.output else folder / "files"
    return machine.unpack_out(out, files)


def main():
    try:
        return boot(arguments())
    except LabError as error:
        print(f"boot: {error}", file=sys.stderr)
        return error.code
