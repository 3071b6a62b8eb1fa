# SPDX-License-Identifier: GPL-2.0-or-later
"""DPDK's testpmd as Debian has it: the other end of a network card over vhost-user, which answers pings itself."""
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from .errors import LabError, Unavailable

PROGRAM = "dpdk-testpmd"


class Switch:
    """One port, served in a loop of its own that never sleeps."""

    def __init__(self, folder, options=""):
        if not shutil.which(PROGRAM):
            raise Unavailable(f"{PROGRAM} is not installed; run: tools/setup lab")
        folder = Path(folder)
        self.socket = folder / "vhost-user.sock"
        self._log = folder / "testpmd.log"
        last = (os.cpu_count() or 1) - 1  # its two threads go wherever there is room
        self._process = None
        self._command = [
            *("nice", PROGRAM, "--lcores", f"0@(0-{last}),1@(0-{last})"),
            *("--no-huge", "-m", "256", "--no-pci", "--no-telemetry", "--file-prefix", f"lab{os.getpid()}"),
            *("--vdev", f"net_vhost0,iface={self.socket},queues=1{options}"),
            *("--", "-i", "-a", "--total-num-mbufs=4096", "--forward-mode=icmpecho"),
        ]

    def start(self):
        """Its process, when the socket is there."""
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT)
        end = time.monotonic() + 30
        while not self.socket.exists() or "testpmd>" not in self._log.read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise LabError(f"{PROGRAM} did not start; see {self._log}")
            time.sleep(0.05)
        return self._process.pid

    def counts(self):
        """Packets that it took from the guest, and that it gave to it. It ends."""
        self._process.communicate(b"stop\nquit\n", 60)
        found = re.findall(r"([RT])X-packets: (\d+)", self._log.read_text(errors="replace"))
        if len(found) < 2:
            raise LabError(f"{PROGRAM} did not say what it forwarded; see {self._log}")
        counts = {way: int(count) for way, count in found}
        return {"switch_from_guest": counts["R"], "switch_to_guest": counts["T"]}

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
