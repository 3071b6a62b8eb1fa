# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the kernel module swiotlb_pool against Debian's kernel headers, unpacked but not installed."""
import re
import shutil
import subprocess
from pathlib import Path

from . import cache, programs
from .errors import LabError, Unavailable
from .kernels import RELEASE_OF
from .packages import Archive, last_line, newest

CROSS = {"s390x": "s390x-linux-gnu-"}


def module(kernel):
    source = programs.LAB / "swiotlb_pool" / "swiotlb_pool.c"
    key = cache.digest(source.read_bytes(), kernel.release)
    return (
        cache.made(f"modules/{kernel.arch}-{kernel.release}-{key}", lambda folder: _build(kernel, source, folder))
        / "swiotlb_pool.ko"
    )


def _build(kernel, source, folder):
    prefix = CROSS.get(kernel.arch, "")
    compilers = sorted(Path("/usr/bin").glob(f"{prefix}gcc-[0-9]*"), key=lambda path: len(path.name))
    compiler = shutil.which(f"{prefix}gcc") or next((str(path) for path in compilers if path.name[-1].isdigit()), None)
    if not compiler or shutil.which("make") is None:
        raise Unavailable(f"no kernel module can be built: {prefix}gcc or make is not installed; run: tools/setup lab")
    headers = _headers(kernel, folder / "tree")
    shutil.copy(source, folder)
    (folder / "Makefile").write_text("obj-m := swiotlb_pool.o\n")
    result = subprocess.run(
        ["make", "-C", str(headers), f"M={folder}", f"CROSS_COMPILE={prefix}", f"CC={compiler}", "modules"],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise LabError(f"swiotlb_pool could not be built for {kernel.release}: {last_line(result.stderr)}")
    shutil.rmtree(folder / "tree")


def _headers(kernel, tree):
    """A copy of the header packages whose absolute paths point into the copy."""
    archive = Archive(kernel.arch, RELEASE_OF[kernel.series])
    name = f"linux-headers-{kernel.release}"
    record = archive.records(name)[newest(archive.records(name))]
    needed = re.findall(r"(linux-(?:headers-\S*common|kbuild-\S+))", record["Depends"])
    shutil.copytree(archive.unpacked(name), tree, symlinks=True, dirs_exist_ok=True)
    for package in needed:
        # kbuild's programs run here, whatever they build for.
        own = Archive(programs.host_arch(), RELEASE_OF[kernel.series]) if "kbuild" in package else archive
        shutil.copytree(own.unpacked(package.rstrip(",")), tree, symlinks=True, dirs_exist_ok=True)
    headers = tree / "usr" / "src" / name
    for link in list(headers.rglob("*")) + list((tree / "usr" / "src").glob("*/*")):
        if link.is_symlink() and str(link.readlink()).startswith("/usr/"):
            target = tree / str(link.readlink()).lstrip("/")
            link.unlink()
            link.symlink_to(target)
    makefile = headers / "Makefile"
    makefile.write_text(makefile.read_text().replace("/usr/src/", f"{tree}/usr/src/"))
    return headers
