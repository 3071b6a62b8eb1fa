# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios of kind guest: a virtio-blk or virtio-net guest on QEMU's own device; guest and QEMU are both recorded."""
import json
import shutil

from . import facts, guest_root, host_side, machine, probes, qmp, swiotlb_pool
from .errors import LabError
from .kernels import kernel
from .recorders import add_recorder, options

DEFAULTS = {
    "workload": "block",
    "properties": {},
    "boot": "",
    "backend": "null",
    "jobs": 1,
    "writes": 48,
    "reads": 200,
    "read_size": "4k",
    "dma": False,
    "swiotlb_pool": False,
    "vmm": "any",
    "pings": 60,
    "seconds": 0.05,
    "switch_options": "",
}
BACKENDS = {
    "null": ("-blockdev", "driver=null-co,node-name=labdata,size=67108864,read-zeroes=on"),
    "file": ("-drive", "if=none,id=labdata,file={folder}/data.img,format=raw,cache=none,aio=threads"),
}


def execute(scenario, out):
    settings = DEFAULTS | scenario.settings
    chosen = machine.MACHINES[scenario.machine]
    found = kernel(scenario.kernel, chosen.arch)
    root = guest_system(scenario, settings, found)
    host = host_side.chosen(out, settings["vmm"], settings["switch_options"])
    machine.prepare_out(out / "out.img")
    if settings["backend"] == "file":
        with open(out / "data.img", "wb") as file:
            file.truncate(64 << 20)
    try:
        return run_machine(scenario, out, settings, root, found, host)
    finally:
        host.ended()


def run_machine(scenario, out, settings, root, found, host):
    chosen, image = machine.MACHINES[scenario.machine], out / "out.img"
    device = tested_device(settings, chosen, out, host)
    command = machine.command_line(
        chosen,
        found.image,
        root.write(out / "initramfs.gz"),
        image,
        arguments=device,
        boot=settings["boot"],
        qemu_folder=host.qemu_folder,
    )
    command = host.command([*command, "-qmp", f"unix:{out}/qmp.sock,server=on,wait=off"])
    (out / "cmdline.txt").write_text(" ".join(command) + "\n")
    running = machine.Running(command, out)
    try:
        host.started(running.process.pid)
        vmm = recorded(running, host, out, scenario.timeout)
    except BaseException:
        running.stop()
        raise
    running.wait(60)
    for name in ("initramfs.gz", "data.img", "qmp.sock"):
        (out / name).unlink(missing_ok=True)
    if machine.unpack_out(image, out / "files") != 0:
        raise LabError(f"the job in the machine failed; its console is {out / 'console.txt'}")
    collect(out, host, vmm, chosen.bus)
    return {"run": out, **second_recording(out, host)}


def tested_device(settings, chosen, out, host):
    """QEMU's arguments for the device under test: a disk, or a network card."""
    if settings["workload"] == "net":
        return host.network() + chosen.device("net", netdev="n", id="data", **settings["properties"])
    disk = [part.format(folder=out) for part in BACKENDS[settings["backend"]]]
    properties = {"num-queues": 1} | settings["properties"]
    return disk + chosen.device("blk", drive="labdata", id="data", serial="labdata", **properties)


def second_recording(out, host):
    """The same run as the host's second recording shows it, in a folder of its own; `baseline` in expectations."""
    folder = getattr(host, "second", None)
    if folder is None:
        return {}
    shutil.copytree(out / "capture", folder / "capture", ignore=shutil.ignore_patterns("qemu"))
    shutil.copy(out / "truth.json", folder)
    host.collect_second(folder / "capture" / "host")
    return {"baseline": folder}


def guest_system(scenario, settings, found):
    environment = {
        "LAB_RECORDER": scenario.recorder,
        "LAB_SIDE": "guest",
        "LAB_JOBS": settings["jobs"],
        "LAB_WRITES": settings["writes"],
        "LAB_READS": settings["reads"],
        "LAB_READ_SIZE": settings["read_size"],
        "LAB_PINGS": settings["pings"],
        "LAB_SECONDS": settings["seconds"],
        "LAB_QUEUES": 1,
        "LAB_LINGER": 2,
        "LAB_FIRST_MODULE": "swiotlb_pool" if settings["swiotlb_pool"] else "",
        "LAB_RECORD_OPTIONS": options(
            scenario.recorder, scenario, probes.ring_options(scenario.kernel, with_dma=settings["dma"])
        ),
    }
    root = guest_root.build(
        found,
        scenario.machine,
        f". /lab/{settings['workload']}.sh\n",
        environment=environment,
        hide_symbols=probes.RING_SYMBOLS if scenario.recorder == "trace-cmd" else None,
    )
    workload = settings["workload"]
    for name in (f"{workload}.sh", f"{workload}_workload.sh", "devices.sh"):
        root.file("lab/" + name.replace(f"{workload}_", ""), (guest_root.GUEST / name).read_bytes())
    if workload == "net":
        guest_root.add_net(root, found, scenario.machine)
    if settings["swiotlb_pool"]:
        root.file("lab/modules.d/swiotlb_pool.ko", swiotlb_pool.module(found).read_bytes())

    def definitions():
        lines = probes.ring(scenario.kernel, scenario.machine, net=workload == "net")
        return probes.with_fprobes(lines + probes.dma(scenario.kernel) if settings["dma"] else lines)

    add_recorder(root, scenario.recorder, found, "guest", definitions)
    return root


def recorded(running, host, out, timeout):
    """Waits for the end of the recording, ends the host's, and asks QEMU for its devices while they are in use."""
    if not running.wait_for("LAB boot", min(timeout, 90)) or not running.wait_for("LAB recorded", timeout):
        raise LabError(f"the machine ended before its recording did; its console is {out / 'console.txt'}")
    monitor = qmp.Monitor(out / "qmp.sock")
    host.stop(monitor)
    vmm = {"version": monitor.version(), "devices": monitor.virtio_devices()}
    monitor.close()
    return vmm


def collect(out, host, vmm, bus):
    files = out / "files"
    capture = out / "capture"
    capture.mkdir()
    shutil.move(files / "guest", capture / "guest")
    (capture / "host").mkdir()
    host.collect(capture / "host")
    counts = dict(line.split("=") for line in (files / "counts").read_text().splitlines())
    device = counts.pop("device")
    counts = {key: int(value) for key, value in counts.items()}
    truth = {"device": device, "transport": bus, **counts, **host.counts()}
    if "reads" in counts:
        truth["requests"] = sum(counts[key] for key in ("reads", "writes", "discards", "flushes", "serial_reads"))
        truth["bytes"] = 512 * (counts["read_sectors"] + counts["write_sectors"])
        truth["read_bytes"] = 512 * counts["read_sectors"]
    queues = {entry["id"]: entry["queues"] for entry in vmm["devices"]}
    truth["vmm_fetched_modulo"] = [queue.get("last-avail-idx") for queue in queues.get("data", [])]
    truth["swiotlb_slots_used_at_most"] = int(facts.text(files / "swiotlb" / "io_tlb_used_hiwater") or 0)
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    facts.write(capture / "case.json", case_facts(capture, host, vmm, bus, device))


def case_facts(capture, host, vmm, bus, data_device):
    devices = [facts.device(line) for line in facts.text(capture / "guest" / "virtio-devices").splitlines()]
    for device in devices:
        device["qemu_id"] = "data" if device["guest_name"] == data_device else "out"
    names = {device["qemu_id"]: device["guest_name"] for device in devices}
    return {
        "transport": bus,
        "hypervisor": "QEMU, TCG (multi-threaded), no KVM",
        "qemu": vmm["version"],
        "devices": devices,
        "guest": facts.side(capture / "guest"),
        "refused_probes": facts.refused(capture / "guest"),
        "host": {"backend": "QEMU userspace device", "tracer": host.tracer},
        "qemu_devices": [
            device | {"guest_name": names[device["id"]]} for device in vmm["devices"] if device["id"] in names
        ],
    }


def truth(folder):
    return json.loads((folder / "truth.json").read_text())
