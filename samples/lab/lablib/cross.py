# SPDX-License-Identifier: GPL-2.0-or-later
"""descry's recorder for machines of another architecture, compiled here against that architecture's Debian packages."""
import shutil
import subprocess

from . import cache
from .errors import LabError, Unavailable
from .packages import Archive
from .programs import COMPILERS, LAB, PROCESSOR

SOURCE = LAB.parent.parent
# Libraries of the group build in tools/setup, and what runs beside the recorder or, emulated, makes its BPF skeletons.
PACKAGES = (
    *("libc6-dev", "libstdc++-12-dev", "libbabeltrace2-dev", "libtracecmd-dev", "libtraceevent-dev", "libtracefs-dev"),
    *("libsqlite3-dev", "libgsl-dev", "libcli11-dev", "libfmt-dev", "nlohmann-json3-dev", "libutfcpp-dev"),
    *("libpugixml-dev", "libssl-dev", "libarchive-dev", "libbpf-dev", "libelf-dev", "libcapstone-dev"),
    *("liblttng-ctl-dev", "liblttng-ust-dev", "lttng-tools", "libjs-chart.js", "bpftool"),
)
TARGETS = ("descry-collector", "descry_provider")
TOOLCHAIN = """set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR {processor})
set(CMAKE_LIBRARY_ARCHITECTURE {processor}-linux-gnu)
set(CMAKE_SYSROOT {root})
set(CMAKE_C_COMPILER {processor}-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER {processor}-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{{PKG_CONFIG_SYSROOT_DIR}} {root})
set(ENV{{PKG_CONFIG_LIBDIR}} {root}/usr/lib/{processor}-linux-gnu/pkgconfig:{root}/usr/share/pkgconfig)
"""


def system(arch):
    """The folder that the packages, and all that they need, are unpacked to."""
    return Archive(arch).tree(PACKAGES)


def binaries(arch):
    """The folder with the programs; what changed in the sources since the last time is compiled again."""
    if arch not in COMPILERS:
        raise Unavailable(f"descry record is not built for {arch} here; record with trace-cmd there")
    for program, package in ((f"qemu-{PROCESSOR[arch]}-static", "lab"), (COMPILERS[arch][0], "lab"), ("cmake", "build")):
        if shutil.which(program) is None:
            raise Unavailable(f"{program} is not installed; run: tools/setup {package}")
    folder = cache.folder() / "cross" / f"{arch}-{cache.digest(SOURCE)}"
    folder.mkdir(parents=True, exist_ok=True)
    with cache.locked(f"cross-{arch}"):
        _build(arch, system(arch), folder)
    return folder / "build" / "bin"


def _build(arch, root, folder):
    toolchain, bpftool = folder / "toolchain.cmake", folder / "bpftool"
    toolchain.write_text(TOOLCHAIN.format(processor=PROCESSOR[arch], root=root))
    # A skeleton is made by the bpftool of the same byte order.
    bpftool.write_text(f'#!/bin/sh\nexec qemu-{PROCESSOR[arch]}-static -L {root} {root}/usr/sbin/bpftool "$@"\n')
    bpftool.chmod(0o755)
    options = ["CMAKE_BUILD_TYPE=Release", "DESCRY_UNITY=ON", "DESCRY_BUILD_TESTS=OFF", "DESCRY_BUILD_GUI=OFF"]
    options += [f"CMAKE_TOOLCHAIN_FILE={toolchain}", f"DESCRY_BPFTOOL={bpftool}"]
    _run(["cmake", "-S", SOURCE, "-B", folder / "build", "-G", "Ninja", *(f"-D{option}" for option in options)], folder)
    _run(["cmake", "--build", folder / "build", "--target", *TARGETS], folder)


def _run(command, folder):
    log = folder / "log"
    with log.open("a", encoding="utf-8") as output:
        code = subprocess.run(list(map(str, command)), stdout=output, stderr=output, check=False).returncode
    if code != 0:
        raise LabError(f"{command[0]} ended with {code}: see {log}")
