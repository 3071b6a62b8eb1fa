# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock Debian kernels: image, modules and the order in which modules go in."""
import json
import lzma
import re
import subprocess

from . import cache
from .errors import Unavailable, UsageError
from .packages import Archive, newest

RELEASE_OF = {"6.1": "bookworm", "6.12": "trixie", "6.18": "trixie-backports", "7.3": "trixie-backports"}
# What a guest or a vhost host may need; a whole kernel package would be half a gigabyte.
FOLDERS = (
    "drivers/virtio",
    "drivers/vhost",
    "drivers/block",
    "drivers/net",
    "net",
    "lib",
    "crypto",
    "drivers/char",
    "drivers/iommu",
    "drivers/s390",
    "arch",
    "virt",  # KVM, with what it needs of drivers/crypto
    "drivers/crypto",
)


class Kernel:
    """The packages of one kernel, unpacked: one, or since 7.2 two, for the image and for the modules."""

    def __init__(self, arch, series, release, roots):
        self.arch, self.series, self.release = arch, series, release
        names = (f"boot/vmlinuz-{release}", f"usr/lib/modules/{release}/vmlinuz")
        places = [root / name for root in roots for name in names]
        self.image = next((place for place in places if place.exists()), None)
        if self.image is None:
            raise Unavailable(f"the kernel {release} has no image; looked for {', '.join(map(str, places))}")
        self._modules = {}
        for root in roots:
            for path in root.glob(f"**/lib/modules/{release}/kernel/**/*.ko*"):
                self._modules[path.name.split(".ko")[0].replace("-", "_")] = path

    def module(self, name):
        """The module's bytes, not compressed (a busybox in an initramfs unpacks neither xz nor zstd)."""
        path = self._modules[name]
        if path.suffix == ".zst":
            return subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=True).stdout
        data = path.read_bytes()
        return lzma.decompress(data) if path.suffix == ".xz" else data

    def load_order(self, names):
        """(name, bytes) of the modules and of all they depend on, in loading order; built-in ones are left out."""
        order, seen = [], set()

        def add(name):
            if name in seen or name not in self._modules:
                return
            seen.add(name)
            data = self.module(name)
            for needed in re.search(rb"\0depends=([^\0]*)\0", b"\0" + data)[1].decode().split(","):
                add(needed.replace("-", "_"))
            order.append((name, data))

        for name in names:
            add(name)
        return order


def kernel(series, arch):
    if series not in RELEASE_OF:
        raise UsageError(f"there is no kernel {series} in the lab; it has {' and '.join(RELEASE_OF)}")
    archive = Archive(arch, RELEASE_OF[series])
    chosen = cache.folder() / "kernels" / f"{arch}-{series}-packages.json"
    if chosen.exists():
        packages = json.loads(chosen.read_text())
        return _unpacked(archive, series, packages)
    failed = None
    for packages in _candidates(series, archive):
        try:
            found = _unpacked(archive, series, packages)
        except Unavailable as error:  # an archive may list what it does not have (yet, or any more)
            failed = failed or error
            continue
        chosen.parent.mkdir(exist_ok=True)
        chosen.write_text(json.dumps(packages))
        return found
    raise failed or Unavailable(f"Debian {archive.release} has no {series} kernel for {arch}")


def _unpacked(archive, series, packages):
    patterns = ["./boot/vmlinuz*", "*/lib/modules/*/vmlinuz"]
    patterns += [f"*/lib/modules/*/kernel/{folder}/*" for folder in FOLDERS] + ["./lib/modules/*/modules.builtin"]
    roots = [archive.unpacked(package, version, patterns) for package, version in packages]
    return Kernel(archive.arch, series, re.sub("^linux-[a-z]+-", "", packages[0][0]), roots)


def _candidates(series, archive):
    """Of each kernel of that series, the newest first: [(package, version)], image and, where it is apart, modules."""
    # Signed ones for common machines; a suite of backports keeps several series.
    wanted = re.compile(rf"linux-image-({re.escape(series)}\.\d+(?:-\d+|\+deb\d+)-{archive.arch})$")
    releases = {}
    for name in archive.names(f"linux-image-{series}."):
        if found := wanted.match(name):
            releases[newest(archive.records(name))] = found[1]
    while releases:
        version = newest(releases)
        release = releases.pop(version)
        kinds = ("binary", "modules") if archive.names(f"linux-modules-{release}") else ("image",)
        yield [(f"linux-{kind}-{release}", version) for kind in kinds]
