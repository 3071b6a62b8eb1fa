#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/advice.md has every entry of the tables, and every entry says where it comes from.

documentation_test.py ADVICE_LIST SOURCE           exit 1 where docs/advice.md differs
documentation_test.py ADVICE_LIST SOURCE --write   write it
"""
import pathlib
import re
import sys

import advice

HEAD = """<!-- Made by tests/advice/documentation_test.py --write from analyzer/advice/: change that and run it again. -->
# Advice by VMM and guest

A finding names a knob and its value; these tables say how to turn it where you are. Descry knows the VMM from the facts:
the command line of QEMU (with the marks that Proxmox VE, KubeVirt, OpenStack and Xen leave in it), the XML of libvirt,
answers of QEMU's monitor, or `descry import --vmm VMM`, which prevails. Where nothing says which VMM it is, findings name
QEMU and libvirt, the two likeliest, and say so. A guest counts as Linux unless its kernel or the XML of libvirt says
Windows; if its kernel is older than an entry, the finding says that it is not possible there.

**Not possible** is an answer. A knob that a table does not have is **not known**: the finding then says what to look for.
`{model}` is QEMU's name of the device: `virtio-net-pci`, `vhost-user-fs-pci`, `vhost-vsock-pci`, `virtio-serial-pci`, with
`-device` on MMIO and `-ccw` on channel I/O. The test `advice.qemu` asks the installed QEMU about every option, and
`advice.libvirt` holds the XML against libvirt's schema. What other programs take comes from the reference beside it.

| Knob | What it changes |
|---|---|
"""


def cell(text):
    return text.replace("|", "\\|")


def row_of(entry):
    devices = entry.kinds.replace(" ", ", ") or "any"
    if entry.transports:
        devices += f" on {entry.transports.replace(' ', ', ')}"
    knob = entry.knob + (f"={entry.value}" if entry.value else "")
    how = f"`{cell(entry.how)}`" if entry.how else "not possible"
    if entry.note:
        how += f": {cell(entry.note)}" if not entry.how else f" ({cell(entry.note)})"
    name = re.sub(r"^https?://(www\.)?", "", entry.reference).split("/")
    return f"| {knob} | {devices} | {how} | {entry.since} | [{name[0]}]({entry.reference}) |\n"


def page(entries, knobs):
    text = HEAD + "".join(f"| {knob} | {name} |\n" for knob, name in knobs)
    for table in dict.fromkeys(entry.table for entry in entries):
        text += f"\n## {table}\n\n| Knob | Devices | How | Since | Reference |\n|---|---|---|---|---|\n"
        text += "".join(row_of(entry) for entry in entries if entry.table == table)
    return text


def main():
    entries, _, knobs = advice.read(sys.argv[1])
    target = pathlib.Path(sys.argv[2]) / "docs" / "advice.md"
    text = page(entries, knobs)
    if sys.argv[3:] == ["--write"]:
        target.write_text(text)
        return
    problems = []
    for entry in entries:
        if not entry.reference.startswith("https://"):
            problems.append(f"{entry.table}, {entry.knob}: has no reference")
        if not entry.how and not entry.note:
            problems.append(f"{entry.table}, {entry.knob}: does not say why it is not possible")
    for table in {entry.table for entry in entries}:
        if f"## {table}\n" not in text:
            problems.append(f"{table} has no section")
    if not target.exists() or target.read_text() != text:
        problems.append(f"{target} is not up to date: run this with --write")
    advice.end(problems, f"{len(entries)} entries have a reference")


if __name__ == "__main__":
    main()
