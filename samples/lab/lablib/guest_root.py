# SPDX-License-Identifier: GPL-2.0-or-later
"""The initramfs of a machine of the lab: busybox, guest/init, modules, the job that it runs."""
import shlex

from . import machine, programs
from .initramfs import Initramfs

GUEST = programs.LAB / "guest"
NET = ("virtio_net",)
VHOST = ("vhost_iotlb", "vhost", "tun", "tap", "vhost_net")
TRANSPORT = {"pci": ("virtio_pci",), "mmio": ("virtio_mmio",), "ccw": ()}  # by bus


def transport(machine_name):
    return TRANSPORT[machine.MACHINES[machine_name].bus]


def build(kernel, machine_name, job, *, modules=(), environment=None, hide_symbols=None):
    """An Initramfs that runs `job` (shell text, sourced by /init); the modules are loaded before it."""
    root = Initramfs()
    root.program("bin/busybox", programs.busybox(kernel.arch))
    root.link("bin/sh", "busybox")
    root.file("init", (GUEST / "init").read_bytes(), executable=True)
    first = kernel.load_order(("virtio_ring", "virtio", *transport(machine_name), *modules))
    last = [entry for entry in kernel.load_order(("virtio_ring", "virtio_blk")) if entry not in first]
    for name, data in first + last:
        root.file(f"lab/modules.d/{name}.ko", data)
    root.file("lab/modules", "".join(f"{name}\n" for name, _ in first))
    root.file("lab/modules-out", "".join(f"{name}\n" for name, _ in last))
    values = environment or {}
    root.file("lab/environment", "".join(f"export {key}={shlex.quote(str(value))}\n" for key, value in values.items()))
    root.file("lab/job", job)
    if hide_symbols:
        root.file("lab/hide-symbols", hide_symbols)
    return root


def add_net(root, kernel, machine_name):
    """The network driver, with what it needs, and ethtool; the workload loads it."""
    root.program("bin/ethtool", programs.installed("ethtool"))
    order = list(kernel.load_order(("virtio_ring", "virtio", *NET)))
    loaded = {name for name, _ in kernel.load_order(("virtio_ring", "virtio", *transport(machine_name)))}
    for name, data in order:
        root.file(f"lab/modules.d/{name}.ko", data)
    root.file("lab/modules-net", "".join(f"{name}\n" for name, _ in order if name not in loaded))
