# SPDX-License-Identifier: GPL-2.0-or-later
"""Recording a machine's QEMU from outside: by LTTng where it has the ust backend, else by its trace log."""
import time
from pathlib import Path

from . import programs, qemu_ust
from .errors import LabError

# What descry reads in QEMU's log.
EVENTS = (
    "virtqueue_pop",
    "virtqueue_fill",
    "virtqueue_flush",
    "virtio_queue_notify",
    "virtio_notify",
    "virtio_notify_irqfd",
    "virtio_set_status",
    "virtio_blk_rw_complete",
    "virtio_blk_handle_read",
    "virtio_blk_handle_write",
    "virtio_mmio_write_offset",
    "virtio_pci_notify_write",
    "css_adapter_interrupt",
    "virtio_ccw_new_device",
    "vtd_iotlb_page_hit",
    "vtd_iotlb_page_update",
    "vtd_inv_desc_iotlb_pages",
)
PATTERNS = ("qemu:virtqueue_*", "qemu:virtio_*", "qemu:vtd_*", "qemu:css_*")


class TraceLog:
    """Debian's QEMU: the log backend."""

    tracer = "QEMU's trace log"

    def __init__(self, folder, qemu_folder=None):
        self.qemu_folder = qemu_folder
        self._folder = Path(folder)
        self._log = self._folder / "qemu-trace.log"

    def command(self, command):
        names = self._folder / "qemu-events"
        names.write_text("".join(f"{name}\n" for name in EVENTS))
        return [*command, "-msg", "timestamp=on", "-trace", f"events={names}", "-D", str(self._log)]

    def stop(self, monitor):
        for name in EVENTS:
            monitor.command("trace-event-set-state", name=name, enable=False, **{"ignore-unavailable": True})

    def collect(self, target):
        if self._log.stat().st_size == 0:
            raise LabError(f"QEMU's trace log {self._log} holds no event")
        self._log.rename(Path(target) / "qemu.log")


class Lttng:
    """QEMU with the ust backend, recorded into an LTTng session of our own."""

    tracer = "LTTng-UST"

    def __init__(self, folder, qemu_folder):
        self.qemu_folder = qemu_folder
        self._trace = Path(folder) / "lttng"

    def command(self, command):
        return [str(programs.LAB / "host" / "with-lttng"), str(self._trace), *PATTERNS, "--", *command]

    def stop(self, _monitor):
        self._trace.with_suffix(".stop").touch()
        end = time.monotonic() + 30
        while not self._trace.with_suffix(".stopped").exists():
            if time.monotonic() > end:
                raise LabError(f"LTTng did not stop; see {self._trace}.log")
            time.sleep(0.05)

    def collect(self, target):
        found = [path.parent for path in self._trace.glob("**/metadata")]
        if len(found) != 1:
            raise LabError(f"{self._trace}: one trace was expected, found {len(found)}; see {self._trace}.log")
        found[0].rename(Path(target) / "qemu")


class Both:
    """One run of QEMU with both backends, recorded both ways; `second` is where the log belongs."""

    tracer = Lttng.tracer

    def __init__(self, folder, qemu_folder):
        self.qemu_folder = qemu_folder
        self.second = Path(folder) / "log"
        self._lttng, self._log = Lttng(folder, qemu_folder), TraceLog(folder, qemu_folder)

    def command(self, command):
        return self._lttng.command(self._log.command(command))

    def stop(self, monitor):
        self._lttng.stop(monitor)
        self._log.stop(monitor)

    def collect(self, target):
        self._lttng.collect(target)

    def collect_second(self, target):
        self._log.collect(target)


def chosen(folder, vmm):
    """vmm "ust": QEMU built with the ust backend, building it first; "both": that, with its log as well; "log": Debian's
    QEMU; "any": the built one if it is there, else Debian's."""
    if vmm == "log":
        return TraceLog(folder)
    if vmm in ("ust", "both"):
        built = qemu_ust.built(Path(folder) / "qemu-build.log")
        return Lttng(folder, built) if vmm == "ust" else Both(folder, built)
    built = qemu_ust.installed()
    return Lttng(folder, built) if built else TraceLog(folder)
