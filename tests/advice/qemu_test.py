#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every option of QEMU that findings advise exists: the installed QEMU is asked.

Usage: qemu_test.py ADVICE_LIST SOURCE

Entries for a newer QEMU than the installed one are counted and not asked.
"""
import functools
import re
import subprocess
import sys

import advice


def emulator(model):
    return "qemu-system-s390x" if model.endswith("-ccw") else "qemu-system-x86_64"


def run(program, *arguments):
    """What it says when it starts and is told to quit; `quit` comes on its monitor."""
    done = subprocess.run([program, "-machine", "none", "-display", "none", "-monitor", "stdio", *arguments],
                          input="quit\n", capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


@functools.cache
def models(program):
    return set(re.findall(r'^name "([^"]+)"', run(program, "-device", "help"), re.MULTILINE))


@functools.cache
def properties(program, option, model):
    return set(re.findall(r"^ +([\w-]+)=", run(program, option, f"{model},help"), re.MULTILINE))


@functools.cache
def refusal(*arguments):
    """What QEMU has against an option, apart from what this machine does not have."""
    said = run("qemu-system-x86_64", *arguments)
    found = re.search(r".*(Invalid parameter|unexpected|not found|expects|invalid option|does not exist).*", said)
    return found[0] if found else ""


def problems_of_device(text):
    model, *settings = text.split(",")
    program = emulator(model)
    if model == "...":
        return []
    if model not in models(program):
        return [f"{program} has no device {model}"]
    known = properties(program, "-device", model)
    return [f"{program}: {model} has no property {setting}" for setting in settings
            if setting.split("=")[0] not in known]


def problems_of_global(text):
    model, setting = text.split(".", 1)
    if model == "...":
        return []
    known = properties(emulator(model), "-device", model)
    return [] if setting.split("=")[0] in known else [f"{model} has no property {setting}"]


def problems_of_object(text):
    kind, *settings = text.split(",")
    known = properties("qemu-system-x86_64", "-object", kind)
    return [f"object {kind} has no property {setting}" for setting in settings
            if setting.split("=")[0] not in known | {"id"}]


def problems_of_netdev(text):
    options = text.replace("...", "id=n0,script=no,downscript=no").replace("=N", "=4")
    said = refusal("-netdev", options)
    return [f"-netdev {text}: {said}"] if said else []


# Devices that are younger than what is advised for them, and the release that has them first.
YOUNG = {"virtio-sound": "8.2"}


def since(row):
    """The release that has all of it."""
    young = [release for device, release in YOUNG.items() if device in row.how]
    return max([row.since if row.table == "QEMU" else "", *young], key=advice.release)


CHECKS = {"-device": problems_of_device, "-global": problems_of_global, "-object": problems_of_object,
          "-netdev": problems_of_netdev}


@functools.cache
def problems_of(how):
    found = []
    words = how.replace("'", " ").split()
    for option, argument in zip(words, words[1:]):
        if option in CHECKS:
            found += CHECKS[option](argument)
        elif re.fullmatch(r"-[a-z-]+", option) and option != "-cp" and "qm" not in words:
            if f"\n{option} " not in subprocess.run(["qemu-system-x86_64", "--help"], capture_output=True,
                                                     text=True, check=True).stdout:
                found.append(f"qemu-system-x86_64 has no option {option}")
    return found


def main():
    _, said, _ = advice.read(sys.argv[1])
    version = re.search(r"version (\d+\.\d+)", subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True,
                                                              text=True, check=True).stdout)[1]
    problems = []
    # The test itself can find something.
    for wrong in ("-device virtio-net-pci,descry=on", "-device virtio-descry-pci,packed=on", "-netdev tap,...,descry=on",
                  "-object iothread,id=io0,descry=1", "-global virtio-mmio.descry=on", "-descry-path /dev/hugepages"):
        if not problems_of(wrong):
            problems.append(f"{wrong}: was not found out")
    asked = newer = 0
    for row in said:
        if row.table not in ("QEMU", "Proxmox VE", "vhost-user"):
            continue
        if row.table == "vhost-user" and not row.how.startswith("-object"):
            continue  # an option of DPDK
        if advice.release(since(row)) > advice.release(version):
            newer += 1
            continue
        asked += 1
        problems += [f"{row.table}, {row.knob}, {row.kinds} on {row.transports}: {problem}"
                     for problem in problems_of(row.how)]
    if asked < 100:
        problems.append(f"only {asked} pieces of advice were asked")
    advice.end(problems, f"QEMU {version} was asked about {asked} pieces of advice; {newer} are for a newer one")


if __name__ == "__main__":
    main()
