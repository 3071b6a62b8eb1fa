# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's own word on its virtio devices, and its trace events switched off, over the monitor socket."""
import json
import socket


class Monitor:
    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        self._socket.connect(str(path))
        self._file = self._socket.makefile("rw")
        json.loads(self._file.readline())
        self.command("qmp_capabilities")

    def command(self, name, /, **arguments):
        """What the command returns; None when this QEMU does not know it or refuses."""
        self._file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self._file.flush()
        while True:
            answer = json.loads(self._file.readline())
            if "return" in answer or "error" in answer:
                return answer.get("return")

    def close(self):
        self._file.close()
        self._socket.close()

    def version(self):
        found = self.command("query-version")["qemu"]
        return f"{found['major']}.{found['minor']}.{found['micro']}"

    def virtio_devices(self):
        """Devices in the form of case.json's qemu_devices, without guest names; ids by their QOM path."""
        devices = []
        for entry in self.command("x-query-virtio") or []:
            status = self.command("x-query-virtio-status", path=entry["path"]) or {}
            queues = []
            for index in range(status.get("num-vqs", 0)):
                queue = self.command("x-query-virtio-queue-status", path=entry["path"], queue=index)
                if queue and queue.get("vring-desc"):
                    queues.append(
                        {
                            key: queue[key]
                            for key in ("queue-index", "vring-num", "vring-desc", "last-avail-idx", "used-idx")
                            if key in queue
                        }
                    )
            devices.append({"id": entry["path"].split("/")[3], "name": entry["name"], "queues": queues})
        return devices

    def pci_ids(self):
        """PCI address -> id given on QEMU's command line."""
        found = {}

        def walk(devices):
            for device in devices:
                if device.get("qdev_id"):
                    found[f"{device['bus']:02x}:{device['slot']:02x}.{device['function']}"] = device["qdev_id"]
                walk(device.get("pci_bridge", {}).get("devices", []))

        for bus in self.command("query-pci") or []:
            walk(bus["devices"])
        return found
