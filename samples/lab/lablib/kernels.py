# SPDX-License-Identifier: GPL-2.0-or-later
"""Stock Debian kernels: image, modules and the order in which modules go in."""
import json
import lzma
import re

from . import cache
from .errors import Unavailable, UsageError
from .packages import Archive, newest

RELEASE_OF = {"6.1": "bookworm", "6.12": "trixie"}
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
    """One kernel package, unpacked."""

    def __init__(self, arch, series, release, root):
        self.arch, self.series, self.release, self.root = arch, series, release, root
        self.image = root / "boot" / f"vmlinuz-{release}"
        self._modules = {}
        for path in root.glob(f"**/lib/modules/{release}/kernel/**/*.ko*"):
            self._modules[path.name.split(".ko")[0].replace("-", "_")] = path

    def module(self, name):
        """The module's bytes, not compressed (a busybox in an initramfs does not unpack xz)."""
        path = self._modules[name]
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
    chosen = cache.folder() / "kernels" / f"{arch}-{series}.json"
    if chosen.exists():
        package, version = json.loads(chosen.read_text())
    else:
        package, version = _choose(series, arch)
    patterns = ["./boot/vmlinuz*"] + [f"*/lib/modules/*/kernel/{folder}/*" for folder in FOLDERS]
    root = Archive(arch, RELEASE_OF[series]).unpacked(package, version, patterns + ["./lib/modules/*/modules.builtin"])
    if not chosen.exists():
        chosen.parent.mkdir(exist_ok=True)
        chosen.write_text(json.dumps([package, version]))
    return Kernel(arch, series, package.removeprefix("linux-image-"), root)


def _choose(series, arch):
    """The package behind the newest linux-image-ARCH of that series."""
    archive = Archive(arch, RELEASE_OF[series])
    records = archive.records(f"linux-image-{arch}")
    version = newest(version for version in records if version.startswith(series + "."))
    if version is None:
        raise Unavailable(f"Debian has no {series} kernel for {arch}; it has {', '.join(records)}")
    package = re.search(r"linux-image-[^ ,]+", records[version]["Depends"])[0]
    return package, newest(archive.records(package))
