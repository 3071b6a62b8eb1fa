# SPDX-License-Identifier: GPL-2.0-or-later
"""Recording a machine's QEMU from outside: by LTTng where it has the ust backend, else by its trace log; or by probes."""
import os
import signal
import subprocess
import time
from pathlib import Path

from . import descry, machine, programs, qemu_ust
from .errors import LabError, Unavailable
from .switch import Switch

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


class Recorder:
    """What records a QEMU; `started` gets its process once it runs."""

    def network(self):
        """QEMU's arguments for what a network card is connected to, as "n": here a network that QEMU itself answers in."""
        return ["-netdev", "user,id=n,net=10.0.9.0/24,host=10.0.9.1,restrict=on,ipv6=off"]

    def started(self, pid):
        pass

    def counts(self):
        """What the other end has counted; part of the truth."""
        return {}

    def ended(self):
        """The run is over, however it ended."""


class TraceLog(Recorder):
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


class Lttng(Recorder):
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


class Both(Recorder):
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


def runs_qemu(pid):
    """Waits until it does: not yet, between fork and exec."""
    end = time.monotonic() + 30
    while not os.readlink(f"/proc/{pid}/exe").split("/")[-1].startswith("qemu"):
        if time.monotonic() > end:
            raise LabError(f"process {pid} did not become a QEMU")
        time.sleep(0.01)


class Uprobes(Recorder):
    """descry record on this machine, of programs as they are."""

    tracer = "descry record: uprobes"
    qemu_folder = None

    def __init__(self, folder):
        if os.geteuid() != 0:
            raise Unavailable("probes on programs of this machine need root")
        self._folder = Path(folder) / "probes"
        self._messages = self._folder.with_suffix(".log")
        self._process = None

    def record(self, *options):
        collector = str(descry.binary("descry-collector"))
        with open(self._messages, "wb") as messages:
            self._process = subprocess.Popen(
                [collector, "record", "--side", "host", *options, "-o", str(self._folder)],
                stdout=messages,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + 30
        while "probe points attached" not in self._messages.read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() > end:
                raise Unavailable(f"it cannot be probed here: {self._messages.read_text(errors='replace').strip()[-400:]}")
            time.sleep(0.05)

    def stop(self, _monitor):
        self._process.send_signal(signal.SIGINT)  # the machine does not wait until the probes are detached

    def ended(self):
        if self._process and self._process.poll() is None:  # the run failed
            self._process.kill()
            self._process.wait()

    def collect(self, target):
        code = self._process.wait(60)
        if code != 0:
            raise LabError(f"descry record ended with {code}; see {self._messages}")
        (self._folder / "host").rename(Path(target) / "qemu")


class VhostUser(Uprobes):
    """A switch of DPDK over vhost-user, probed as it is; and QEMU, which serves the card's control queue."""

    def __init__(self, folder, options):
        super().__init__(folder)
        self._switch = Switch(folder, options)
        self._switch_pid = 0

    def command(self, command):
        return command

    def network(self):
        self._switch_pid = self._switch.start()
        return [
            *("-object", f"memory-backend-memfd,id=mem,size={machine.MEMORY_MIB}M,share=on", "-machine", "memory-backend=mem"),
            *("-chardev", f"socket,id=c,path={self._switch.socket}", "-netdev", "vhost-user,chardev=c,id=n"),
        ]

    def started(self, pid):
        runs_qemu(pid)
        self.record("--qemu", str(pid), "--vhost-user", str(self._switch_pid))

    def counts(self):
        return self._switch.counts()

    def ended(self):
        super().ended()
        self._switch.stop()


class Probes(Uprobes):
    """A QEMU as it is, by the probes of descry record on this machine, and its trace log of the same run; `second`
    is where the log belongs."""

    def __init__(self, folder, qemu_folder=None):
        super().__init__(folder)
        self.qemu_folder = qemu_folder
        self.second = Path(folder) / "log"
        self._log = TraceLog(folder, qemu_folder)

    def command(self, command):
        return self._log.command(command)

    def started(self, pid):
        runs_qemu(pid)
        self.record("--qemu", str(pid), "--vhost-user", "off")

    def stop(self, monitor):
        super().stop(monitor)
        self._log.stop(monitor)

    def collect_second(self, target):
        self._log.collect(target)


def chosen(folder, vmm, switch_options=""):
    """vmm "ust": QEMU built with the ust backend, building it first; "both": that, with its log as well; "log": Debian's
    QEMU; "probes": Debian's, by probes and its log; "usdt": one built with the dtrace backend, likewise; "vhost-user": a
    switch beside QEMU, by probes; "any": the built one if it is there, else Debian's."""
    if vmm == "log":
        return TraceLog(folder)
    if vmm == "probes":
        return Probes(folder)
    if vmm == "usdt":
        return Probes(folder, qemu_ust.built(Path(folder) / "qemu-build.log", "dtrace"))
    if vmm == "vhost-user":
        return VhostUser(folder, switch_options)
    if vmm in ("ust", "both"):
        built = qemu_ust.built(Path(folder) / "qemu-build.log")
        return Lttng(folder, built) if vmm == "ust" else Both(folder, built)
    built = qemu_ust.installed()
    return Lttng(folder, built) if built else TraceLog(folder)
