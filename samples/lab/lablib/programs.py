# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that go into the machines: the lab's own (compiled here), busybox and trace-cmd (from Debian packages)."""
import platform
import shutil
import subprocess
from pathlib import Path

from . import cache
from .errors import LabError, Unavailable
from .packages import Archive

LAB = Path(__file__).resolve().parent.parent
COMPILERS = {
    "amd64": ("g++",),
    "s390x": ("s390x-linux-gnu-g++", "s390x-linux-gnu-g++-12"),
    "arm64": ("aarch64-linux-gnu-g++",),
}
FLAGS = ("-std=c++20", "-O2", "-static", "-pthread", "-Wall", "-Wextra")


# As uname -m and QEMU call it.
PROCESSOR = {"amd64": "x86_64", "s390x": "s390x", "arm64": "aarch64"}


def host_arch():
    return next((arch for arch, name in PROCESSOR.items() if name == platform.machine()), platform.machine())


def busybox(arch):
    return Archive(arch).unpacked("busybox-static", only=("./bin/busybox",)) / "bin" / "busybox"


def installed(name):
    """A program of this machine."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise Unavailable(f"{name} is not installed; run: tools/setup lab")
    return found


def compiled(name, arch):
    """A program of the lab (one source file), linked statically."""
    source = LAB / f"{name}.cpp"
    compiler = next((path for path in map(shutil.which, COMPILERS[arch]) if path), None)
    if compiler is None:
        raise Unavailable(f"no compiler for {arch}: {COMPILERS[arch][0]} is not installed; run: tools/setup lab")
    key = cache.digest(source.read_bytes(), compiler, *FLAGS)

    def compile_into(folder):
        result = subprocess.run(
            [compiler, *FLAGS, str(source), "-o", str(folder / name)], capture_output=True, text=True, check=False
        )
        if result.returncode != 0:
            raise LabError(f"{source}: {result.stderr.strip()[:2000]}")

    return cache.made(f"programs/{arch}-{name}-{key}", compile_into) / name


# trace-cmd and everything it is linked with, for a machine whose libraries are not those of this one.
TRACE_CMD = ("trace-cmd", "libtraceevent1", "libtracefs1", "libzstd1", "zlib1g", "libc6", "libgcc-s1")


def add_trace_cmd(initramfs, arch):
    if arch == host_arch() and (found := shutil.which("trace-cmd")):
        return initramfs.program("bin/trace-cmd", found)
    archive = Archive(arch)
    folders = [archive.unpacked(name) for name in TRACE_CMD]
    return initramfs.program("bin/trace-cmd", folders[0] / "usr/bin/trace-cmd", folders)
