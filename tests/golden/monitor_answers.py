#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What QEMU's monitor answered while a capture was made, in the form of QMP or of HMP: monitor_answers.py qmp|hmp CASE.JSON.

case.json holds the answers that matter; the rest of each is left out, or as QEMU 7.2 prints it."""
import json
import sys


def path_of(device):
    return f"/machine/peripheral/{device['id']}/virtio-backend"


def qmp(devices):
    for device in devices:
        path = {"path": path_of(device)}
        yield json.dumps({"execute": "x-query-virtio-status", "arguments": path})
        yield json.dumps({"return": {
            "name": device["name"], "started": True, "num-vqs": device["num_vqs"], "vhost-started": False,
            "status": {"statuses": ["VIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready"]},
            "guest-features": device["guest_features"]}})
        for queue in device["queues"]:
            yield json.dumps({"execute": "x-query-virtio-queue-status", "arguments": path | {"queue": queue["queue-index"]}})
            yield json.dumps({"return": {"name": device["name"]} | queue})


def hmp(devices):
    for device in devices:
        path = path_of(device)
        features = device["guest_features"]
        yield f"(qemu) info virtio-status {path}\n{path}:\n  device_name:             {device['name']} "
        yield f"  vhost_started:           false\n  num_vqs:                 {device['num_vqs']}\n  status:"
        yield "\tVIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready\n  Guest features:"
        yield "\t" + ",\n\t".join(features["transports"])
        yield "\t" + ",\n\t".join(features["dev-features"])
        yield f"  unknown-features(0x{features['unknown-dev-features']:016x})"
        for queue in device["queues"]:
            yield f"(qemu) info virtio-queue-status {path} {queue['queue-index']}\n{path}:"
            yield f"  device_name:          {device['name']}\n  queue_index:          {queue['queue-index']}\n  VRing:"
            yield f"    num:          {queue['vring-num']}\n    num_default:  {queue['vring-num']}"
            yield f"    desc:         0x{queue['vring-desc']:016x}"


def main():
    with open(sys.argv[2]) as file:
        devices = json.load(file)["qemu_devices"]
    print("\n".join((qmp if sys.argv[1] == "qmp" else hmp)(devices)))


main()
