#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every piece of XML that findings advise is valid where it belongs: libvirt's own schema is asked (RELAX NG).

Usage: libvirt_test.py ADVICE_LIST SOURCE
"""
import functools
import re
import subprocess
import sys
import tempfile

import advice

SCHEMA = "/usr/share/libvirt/schemas/domain.rng"

# Where the element <driver> of a device stands.
DEVICES = {
    "net": "<interface type='network'><source network='default'/><model type='virtio'/>{}</interface>",
    "blk": "<disk type='file' device='disk'>{}<source file='/d.img'/><target dev='vda' bus='virtio'/></disk>",
    "scsi": "<controller type='scsi' index='0' model='virtio-scsi'>{}</controller>",
    "console": "<controller type='virtio-serial' index='0'>{}</controller>",
    "rng": "<rng model='virtio'><backend model='random'>/dev/urandom</backend>{}</rng>",
    "balloon": "<memballoon model='virtio'>{}</memballoon>",
    "fs": "<filesystem type='mount'>{}<source dir='/d'/><target dir='tag'/></filesystem>",
    "input": "<input type='keyboard' bus='virtio'>{}</input>",
}


def domain(kind, how):
    """A domain with the advised elements in their places."""
    elements = re.findall(r"<driver\b.*?/>(?!<)|<driver>.*</driver>|<(?!driver)\w+(?:/>|>.*?</\w+>(?:</\w+>)?)", how)
    drivers = [element for element in elements if element.startswith("<driver")]
    others = [element for element in elements if not element.startswith("<driver")]
    device = ""
    if drivers:
        driver = drivers[0]
        if kind == "fs":
            driver = driver.replace("<driver", "<driver type='virtiofs'")
        device = DEVICES[kind].format(driver)
    return ("<domain type='kvm'><name>vm</name><memory unit='MiB'>64</memory>" + "".join(others) +
            "<os><type arch='x86_64'>hvm</type></os><devices>" + device + "</devices></domain>")


@functools.cache
def refusal(text):
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as file:
        file.write(text)
        file.flush()
        done = subprocess.run(["xmllint", "--noout", "--relaxng", SCHEMA, file.name], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr.splitlines()[0] if done.stderr else "refused"


def schema_release():
    """Of the library that the schema comes with."""
    done = subprocess.run(["dpkg-query", "-S", SCHEMA], capture_output=True, text=True, check=True)
    package = done.stdout.split(":")[0]
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True,
                          check=True).stdout


def main():
    _, said, _ = advice.read(sys.argv[1])
    version = schema_release()
    problems = []
    for kind in DEVICES:
        if refusal(domain(kind, "<driver iommu='on'/>")):
            problems.append(f"{kind}: a valid domain is refused")
        if not refusal(domain(kind, "<driver descry='on'/>")):
            problems.append(f"{kind}: an attribute that does not exist was not found out")
    asked = newer = 0
    for row in said:
        if row.table != "libvirt" or not row.how.startswith("<"):
            continue
        if row.since and advice.release(row.since) > advice.release(version):
            newer += 1
            continue
        asked += 1
        text = domain(row.kinds, row.how)
        for element in re.findall(r"<(\w+)", row.how):
            if f"<{element}" not in text:
                problems.append(f"{row.how}: <{element}> has no place here")
        if refusal(text):
            problems.append(f"{row.kinds}: {row.how}: {refusal(text)}")
    if asked < 50:
        problems.append(f"only {asked} pieces of advice were asked")
    advice.end(problems, f"libvirt {version} was asked about {asked} pieces of advice; {newer} are for a newer one")


if __name__ == "__main__":
    main()
