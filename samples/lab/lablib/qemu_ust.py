# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU from Debian's source, with the ust trace backend, which Debian does not build in. Kept in the cache."""
import os
import shutil
import subprocess

from . import cache
from .errors import LabError, Unavailable
from .packages import KEYRING, SUITES, last_line, run

OPTIONS = (
    "--target-list=x86_64-softmmu,s390x-softmmu",
    "--enable-trace-backends=ust,log",
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
PROGRAMS = ("qemu-system-x86_64", "qemu-system-s390x")
NEEDED = ("meson", "ninja", "pkg-config", "flex", "bison", "dpkg-source", "lttng", "lttng-sessiond")
NAME = "qemu-ust"


def installed():
    """The folder with the programs, None before they have been built."""
    folder = cache.folder() / NAME
    return folder if all((folder / name).exists() for name in PROGRAMS) else None


def built(log):
    """The folder with the programs; builds them first where that has not been done (some minutes)."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing and not installed():
        raise Unavailable(f"QEMU cannot be built: {', '.join(missing)} not installed; run: tools/setup qemu")
    return cache.made(NAME, lambda folder: _build(folder, log))


def _build(folder, log):
    source = _source(folder)
    work = source / "build"
    environment = dict(os.environ)
    if shutil.which("ccache"):
        environment["PATH"] = f"/usr/lib/ccache:{environment['PATH']}"
    jobs = str(os.cpu_count() or 1)
    with open(log, "wb") as file:
        for command, where in ((["./configure", *OPTIONS], source), (["ninja", "-j", jobs, *PROGRAMS], work)):
            if subprocess.run(
                command, cwd=where, stdout=file, stderr=subprocess.STDOUT, env=environment, check=False
            ).returncode:
                raise LabError(f"QEMU could not be built: {last_line(open(log, errors='replace').read())}; see {log}")
    for name in PROGRAMS:
        shutil.copy2(work / name, folder / name)
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
