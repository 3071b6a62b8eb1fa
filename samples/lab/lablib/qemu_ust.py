# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU from Debian's source, with a trace backend that Debian does not build in: ust, or dtrace as Fedora and RHEL have
it, which makes static trace points. Kept in the cache."""
import os
import shutil
import subprocess

from . import cache
from .errors import LabError, Unavailable
from .packages import KEYRING, SUITES, last_line, run

OPTIONS = (
    "--meson=/usr/bin/meson",
    "--with-git-submodules=ignore",
    "--without-default-features",
    "--enable-system",
    "--disable-user",
    "--enable-tcg",
    "--enable-fdt=system",
    "--enable-slirp",
    "--enable-vhost-net",
    "--enable-vhost-kernel",
    "--disable-docs",
    "--disable-werror",
    "--disable-debug-info",
)
MACHINES = {"ust": ("x86_64", "s390x"), "dtrace": ("x86_64",)}
NEEDED = ("meson", "ninja", "pkg-config", "flex", "bison", "dpkg-source")
TRACERS = {"ust": ("lttng", "lttng-sessiond"), "dtrace": ("dtrace", "strip")}


def programs(backend):
    return [f"qemu-system-{machine}" for machine in MACHINES[backend]]


def installed(backend="ust"):
    """The folder with the programs, None before they have been built."""
    folder = cache.folder() / f"qemu-{backend}"
    return folder if all((folder / name).exists() for name in programs(backend)) else None


def built(log, backend="ust"):
    """The folder with the programs; builds them first where that has not been done (some minutes)."""
    missing = [name for name in (*NEEDED, *TRACERS[backend]) if shutil.which(name) is None]
    if missing and not installed(backend):
        raise Unavailable(f"QEMU cannot be built: {', '.join(missing)} not installed; run: tools/setup qemu")
    return cache.made(f"qemu-{backend}", lambda folder: _build(folder, log, backend))


def _build(folder, log, backend):
    names = programs(backend)
    targets = ",".join(f"{machine}-softmmu" for machine in MACHINES[backend])
    options = (f"--target-list={targets}", f"--enable-trace-backends={backend},log", *OPTIONS)
    source = _source(folder)
    work = source / "build"
    environment = dict(os.environ)
    if shutil.which("ccache"):
        environment["PATH"] = f"/usr/lib/ccache:{environment['PATH']}"
    jobs = str(os.cpu_count() or 1)
    with open(log, "wb") as file:
        for command, where in ((["./configure", *options], source), (["ninja", "-j", jobs, *names], work)):
            if subprocess.run(
                command, cwd=where, stdout=file, stderr=subprocess.STDOUT, env=environment, check=False
            ).returncode:
                raise LabError(f"QEMU could not be built: {last_line(open(log, errors='replace').read())}; see {log}")
    for name in names:
        shutil.copy2(work / name, folder / name)
        if backend == "dtrace":  # as distributions ship them: nothing but the notes names what is inside
            subprocess.run(["strip", folder / name], check=True)
    shutil.rmtree(folder / "source")


def _source(folder):
    root = folder / "source"
    for name in ("lists/partial", "cache/archives/partial"):
        (root / name).mkdir(parents=True)
    (root / "status").touch()
    (root / "sources.list").write_text(
        "".join(f"deb-src [signed-by={KEYRING}] {suite}\n" for suite in SUITES["bookworm"])
    )
    (root / "apt.conf").write_text(
        f'Dir::State "{root}";\nDir::State::lists "{root}/lists";\nDir::State::status "{root}/status";\n'
        f'Dir::Cache "{root}/cache";\nDir::Etc::SourceList "{root}/sources.list";\nDir::Etc::SourceParts "/dev/null";\n'
        'Acquire::Languages "none";\nAPT::Sandbox::User "root";\n'
    )
    for command in (
        ["apt-get", "-c", str(root / "apt.conf"), "-qq", "update"],
        ["apt-get", "-c", str(root / "apt.conf"), "-qq", "source", "--only-source", "qemu"],
    ):
        result = run(command, cwd=root)
        if result.returncode != 0:
            raise Unavailable(f"QEMU's source cannot be had: {last_line(result.stderr)}")
    return next(path for path in root.glob("qemu-*") if path.is_dir())
