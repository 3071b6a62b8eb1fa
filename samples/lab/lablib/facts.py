# SPDX-License-Identifier: GPL-2.0-or-later
"""case.json: what a recording does not carry, in the form that descry import reads (docs/adding.md)."""
import json
import re
from pathlib import Path


def text(path):
    path = Path(path)
    return path.read_text(errors="replace") if path.exists() else ""


def side(folder):
    """What a recorded side says of itself, from the files that guest/record.sh leaves."""
    folder = Path(folder)
    missed = {}
    for line in text(folder / "kprobe_profile").splitlines():
        name, _, count = line.split()
        if int(count):
            missed[name] = int(count)
    stats = {}
    for path in sorted((folder / "stats").glob("*")) if (folder / "stats").is_dir() else ():
        found = re.findall(r"^(overrun|commit overrun|dropped events): (\d+)", text(path), re.M)
        stats[path.name] = {key: int(value) for key, value in found}
    facts = {"kernel": text(folder / "uname").strip(), "boot_parameters": text(folder / "cmdline").strip()}
    definitions = text(folder / "probes").splitlines()
    if definitions:
        facts |= {
            "event_definitions": definitions,
            "kprobes_missed_because_nested": sum(missed.values()),
            "kprobe_missed_by_event": missed,
            "ring_buffer_stats": stats,
        }
    return facts


def refused(folder):
    return text(Path(folder) / "probes-refused").splitlines()


def device(line):
    """One line of the listing that guest/devices.sh writes: "virtio0 id=0x0002 features=0101... parent=... ..."."""
    fields = dict(re.findall(r"(\w+)=(\S+)", line))
    bits = fields["features"]
    return {
        "guest_name": line.split()[0],
        "device_type": int(fields["id"], 16),
        "parent": fields["parent"],
        "iommu_group_type": fields["iommu_group"],
        "negotiated_features": f"0x{sum(1 << i for i, bit in enumerate(bits) if bit == '1'):x}",
        "access_platform": bits[33] == "1",
        "ring_packed": bits[34] == "1",
        "event_idx": bits[29] == "1",
        "indirect_desc": bits[28] == "1",
        "driver_active_while_recording": "1" in bits,
    }


def write(path, facts):
    Path(path).write_text(json.dumps(facts, indent=1) + "\n")
