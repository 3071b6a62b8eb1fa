# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios of kind loop: the kernel's vhost-net driven by vhost_loop, no guest.

The scenario's baseline runs first in the same boot, so that both saw the same machine.
"""
import json
import shutil

from . import facts, guest_root, machine, probes, programs
from .errors import LabError
from .kernels import kernel
from .recorders import add_recorder, options
from .scenario import Scenario


def vhost_loop_arguments(settings):
    arguments = []
    for key, value in settings.items():
        if key == "boot":  # kernel parameters of the machine
            continue
        option = "--" + key.replace("_", "-")
        if value is True:
            arguments.append(option)
        elif value is not False:
            arguments += [option, str(value)]
    return arguments


def execute(scenario, out):
    """{pass name: capture folder}, with truth.json next to each; the pass "run" is the scenario's own."""
    chosen = machine.MACHINES[scenario.machine]
    found = kernel(scenario.kernel, chosen.arch)
    passes = {}
    if scenario.baseline:
        passes["baseline"] = Scenario(scenario.baseline, scenario.quick).settings
    passes["run"] = scenario.settings
    lines = "".join(f"{name} {' '.join(vhost_loop_arguments(settings))}\n" for name, settings in passes.items())
    by_trace_cmd = scenario.recorder == "trace-cmd"
    environment = {
        "LAB_RECORDER": scenario.recorder,
        "LAB_SIDE": "host",
        "LAB_RECORD_OPTIONS": options(scenario.recorder, scenario, probes.VHOST_OPTIONS),
    }
    root = guest_root.build(
        found,
        scenario.machine,
        ". /lab/loop.sh\n",
        modules=guest_root.VHOST,
        environment=environment,
        hide_symbols=probes.VHOST_SYMBOLS if by_trace_cmd else None,
    )
    root.file("lab/loop.sh", (guest_root.GUEST / "loop.sh").read_bytes())
    root.file("lab/passes", lines)
    root.program("bin/vhost_loop", programs.compiled("vhost_loop", chosen.arch))
    add_recorder(root, scenario.recorder, found, "host", lambda: probes.vhost(scenario.kernel))
    image = machine.prepare_out(out / "out.img")
    command = machine.command_line(
        chosen,
        found.image,
        root.write(out / "initramfs.gz"),
        image,
        memory=768,
        boot=scenario.settings.get("boot", ""),
    )
    (out / "cmdline.txt").write_text(" ".join(command) + "\n")
    running = machine.Running(command, out)
    running.wait(scenario.timeout)
    (out / "initramfs.gz").unlink()
    code = machine.unpack_out(image, out / "files")
    if code != 0:
        raise LabError(f"the job in the machine ended with {code}; its console is {out / 'console.txt'}")
    return {name: collect(out, name) for name in passes}


def collect(out, name):
    """Moves what belongs to a pass to its place and writes its case.json."""
    source = out / "files" / name
    folder = out if name == "run" else out / name
    folder.mkdir(exist_ok=True)
    shutil.move(source / "truth.json", folder / "truth.json")
    capture = folder / "capture"
    shutil.move(source, capture)
    side = facts.side(capture / "host") | {"backend": "vhost-net (kernel)"}
    facts.write(capture / "case.json", {"host": side, "refused_probes": facts.refused(capture / "host")})
    return folder


def truth(folder):
    """What vhost_loop wrote, with the sums that expectations use."""
    values = json.loads((folder / "truth.json").read_text())
    # The update takes effect somewhere inside the write that brings it. Writes differ by what else they do and wait for;
    # the shortest shows what every one needs, and half of that is where its middle lies.
    shortest = min((update["end_ns"] - update["begin_ns"] for update in values["updates"]), default=0)
    return {
        "packets": values["packets"],
        "batches": len(values["batches"]),
        "latencies_ns": [batch["latency_ns"] for batch in values["batches"]],
        "misses": len(values["misses"]),
        "update_windows": sorted((update["begin_ns"], update["end_ns"]) for update in values["updates"]),
        "updates": len(values["updates"]),
        "invalidations": values["invalidations"],
        "answer_delay_ns": values["answer_delay_ns"],
        # From the message to when the program turned to the answer.
        "delays_ns": [miss["answer_ns"] - miss["read_ns"] for miss in values["misses"] if not miss["echo"]],
        # From the message to the answer: the delay, what came on top of it, and the way into the kernel.
        "answers_ns": [
            miss["answer_ns"] - miss["read_ns"] + shortest // 2 for miss in values["misses"] if not miss["echo"]
        ],
    }
