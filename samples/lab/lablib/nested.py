# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios of kind nested: a virtio guest on kernel vhost-net, or on its QEMU, whose host is itself an emulated machine.

Both levels record themselves, each on its own clock.
"""
import glob
import json
import shlex
import shutil
from pathlib import Path

from . import facts, guest_root, machine, probes, programs
from .errors import LabError
from .kernels import kernel
from .recorders import add_recorder, options

DEFAULTS = {
    "accel": "tcg",  # of the second level: tcg or kvm
    "vcpus": 1,  # of the second level
    "workload": "net",  # or block
    "vhost": True,  # False: QEMU serves the device itself
    "probed": False,  # QEMU is, for the devices that it serves
    "packed": False,
    "also": "",  # trace-cmd: records the first level, too; `baseline` in expectations
    "queues": 1,  # pairs of queues: vhost-net has a device for each
    "doorbell": "mmio",  # pio: a legacy device, whose doorbells are port I/O
    "viommu": False,
    "boot": "",
    "jobs": 3,
    "pings": 60,
    "seconds": 1,
    "writes": 48,
    "reads": 200,
    "read_size": "4k",
    "guest_recorder": "trace-cmd",
}
# QEMU 7.2 now and then mixes up a cmpxchg16b within a machine that it emulates: the second level ends with a double
# fault behind one, or with an oops in its allocator. A kernel that is told that there is none does without. Nor do
# kernels since 6.18 start where the sizes of XSAVE's areas do not fit each other, as they do not under KVM there.
ACCEL = {
    "tcg": ("tcg,thread=multi", "qemu64,-cx16"),
    "kvm": ("kvm", "host,-cx16,-xsave,-avx,-avx2,-fma,-f16c"),
}
# The emulator has AMD's virtualization, with nested paging: KVM of the first level runs the second on it.
OUTER_CPU = {"tcg": (), "kvm": ("-cpu", "EPYC,+svm,+npt")}
HYPERVISOR = {"tcg": "QEMU, TCG on two levels, no KVM", "kvm": "QEMU with KVM, on a machine that is emulated (TCG)"}
OUTER_MODULES = {"tcg": (), "kvm": ("kvm_amd",)}
FIRMWARE = ("bios-256k.bin", "kvmvapic.bin", "linuxboot_dma.bin")


def inner_command(settings, release):
    """QEMU's command line on the first level."""
    board = []
    if settings["workload"] == "block":
        tested = ["-blockdev", "driver=null-co,node-name=labdata,size=67108864,read-zeroes=on"]
        kind = "virtio-blk-pci"
        card = {"drive": "labdata", "id": "data", "serial": "labdata", "num-queues": "1", "disable-legacy": "on"}
    else:
        netdev = f"tap,id=n,ifname=lab0,script=no,downscript=no,vhost={'on' if settings['vhost'] else 'off'}"
        if settings["queues"] > 1:
            netdev += f",queues={settings['queues']}"
        tested = ["-netdev", netdev]
        kind = "virtio-net-pci"
        card = {"netdev": "n", "id": "net", "disable-legacy": "on", "romfile": "", "rombar": "0"}
    if settings["packed"]:
        card |= {"packed": "on"}
    if settings["viommu"]:
        board = ["-device", "intel-iommu,device-iotlb=on,intremap=off"]
        if settings["accel"] == "kvm":
            board += ["-machine", "kernel-irqchip=split"]
        card |= {"iommu_platform": "on", "ats": "on"}
    if settings["queues"] > 1:
        card |= {"mq": "on", "vectors": str(2 * settings["queues"] + 2)}
    if settings["doorbell"] == "pio":
        card |= {"disable-legacy": "off", "disable-modern": "on"}
    accel, cpu = ACCEL[settings["accel"]]
    return [
        "qemu-system-x86_64",
        "-L",
        "/lab/qemu",
        "-M",
        "q35",
        "-cpu",
        cpu,
        "-accel",
        accel,
        "-smp",
        str(settings["vcpus"]),
        "-m",
        "512",
        "-nodefaults",
        "-vga",
        "none",
        "-display",
        "none",
        "-serial",
        "stdio",
        "-no-reboot",
        *board,
        # Its probes are there before its first instruction.
        *([] if not settings["probed"] else ["-S", "-monitor", "pipe:/run/monitor"]),
        *tested,
        "-device",
        f"{kind}," + ",".join(f"{key}={value}" for key, value in card.items()),
        "-drive",
        "if=none,id=out,file=/run/inner.img,format=raw",
        "-device",
        "virtio-blk-pci,drive=out,id=out,serial=labout,num-queues=1",
        "-kernel",
        f"/lab/qemu/vmlinuz-{release}",
        "-initrd",
        "/lab/qemu/inner.gz",
        "-append",
        f"console=ttyS0 panic=-1 loglevel=4 tsc=reliable {machine.PC_BOOT} {settings['boot']}".strip(),
    ]


def inner_system(scenario, settings, found, folder):
    """The initramfs of the second level."""
    recorder = settings["guest_recorder"]
    environment = {
        "LAB_RECORDER": recorder,
        "LAB_SIDE": "guest",
        "LAB_SLOW": 1,
        "LAB_JOBS": settings["jobs"],
        "LAB_PINGS": settings["pings"],
        "LAB_SECONDS": settings["seconds"],
        "LAB_QUEUES": settings["queues"],
        "LAB_WRITES": settings["writes"],
        "LAB_READS": settings["reads"],
        "LAB_READ_SIZE": settings["read_size"],
        "LAB_FIRST_MODULE": "",
        "LAB_RECORD_OPTIONS": options(recorder, scenario, probes.ring_options(scenario.kernel, net=True)),
    }
    workload = settings["workload"]
    root = guest_root.build(
        found,
        "pci",
        f". /lab/{workload}.sh\n",
        environment=environment,
        hide_symbols=probes.RING_SYMBOLS if recorder == "trace-cmd" else None,
    )
    for name in (f"{workload}.sh", f"{workload}_workload.sh", "devices.sh"):
        root.file("lab/" + name.replace(f"{workload}_", ""), (guest_root.GUEST / name).read_bytes())
    guest_root.add_net(root, found, "pci")

    def definitions():
        return probes.with_fprobes(probes.ring(scenario.kernel, "pci", net=True) + probes.dma(scenario.kernel))

    add_recorder(root, recorder, found, "guest", definitions)
    return root.write(folder / "inner.gz")


def outer_system(scenario, settings, found, inner):
    """The initramfs of the first level, which carries a QEMU and the second level."""
    environment = {
        "LAB_RECORDER": scenario.recorder,
        "LAB_SIDE": "host",
        "LAB_ALSO": probes.KVM_OPTIONS if settings["also"] else "",
        "LAB_VMM": "probed" if settings["probed"] else "",
        "LAB_QUEUES": settings["queues"],
        "LAB_RECORD_OPTIONS": options(scenario.recorder, scenario, probes.VHOST_OPTIONS),
    }
    root = guest_root.build(
        found,
        "pci",
        ". /lab/nested.sh\n",
        modules=guest_root.VHOST + OUTER_MODULES[settings["accel"]],
        environment=environment,
        hide_symbols=probes.VHOST_SYMBOLS if scenario.recorder == "trace-cmd" else None,
    )
    root.file("lab/nested.sh", (guest_root.GUEST / "nested.sh").read_bytes())
    root.program("bin/qemu-system-x86_64", machine.emulator("amd64"))
    root.program("bin/ip2", programs.installed("ip"))
    for path in glob.glob("/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so"):
        root.program(f"lab/qemu/{Path(path).name}", path)
    for name in FIRMWARE:
        places = [Path(folder) / name for folder in machine.FIRMWARE if (Path(folder) / name).exists()]
        if not places:
            raise LabError(f"QEMU's firmware {name} is not in {' or '.join(machine.FIRMWARE)}")
        root.tree(f"lab/qemu/{name}", places[0])
    root.tree(f"lab/qemu/vmlinuz-{found.release}", found.image)
    root.tree("lab/qemu/inner.gz", inner)
    root.file("lab/qemu/command", "exec " + shlex.join(inner_command(settings, found.release)) + "\n")
    for recorder in filter(None, (settings["also"], scenario.recorder)):
        add_recorder(root, recorder, found, "host", lambda: probes.vhost(scenario.kernel))
    return root


def execute(scenario, out):
    settings = DEFAULTS | scenario.settings
    found = kernel(scenario.kernel, "amd64")
    inner = inner_system(scenario, settings, found, out)
    root = outer_system(scenario, settings, found, inner)
    image = machine.prepare_out(out / "out.img")
    command = machine.command_line(
        machine.MACHINES["pci"],
        found.image,
        root.write(out / "initramfs.gz"),
        image,
        arguments=OUTER_CPU[settings["accel"]],
        memory=2560,
    )
    (out / "cmdline.txt").write_text(
        " ".join(command) + "\n" + shlex.join(inner_command(settings, found.release)) + "\n"
    )
    running = machine.Running(command, out)
    running.wait(scenario.timeout)
    for name in ("initramfs.gz", "inner.gz"):
        (out / name).unlink()
    if machine.unpack_out(image, out / "files") != 0:
        raise LabError(f"the job in the machine failed; its console is {out / 'console.txt'}")
    collect(out, settings)
    if not settings["also"]:
        return {"run": out}
    second = out / settings["also"]
    shutil.copytree(out / "capture", second / "capture", ignore=shutil.ignore_patterns("host", "case.json"))
    shutil.move(out / "files" / "also", second / "capture" / "host")
    shutil.copy(out / "truth.json", second)
    write_case(second / "capture", settings)
    return {"run": out, "baseline": second}


def collect(out, settings):
    files, capture = out / "files", out / "capture"
    inner = files / "inner"
    if facts.text(inner / "exit-code").strip() != "0":
        raise LabError(f"the job of the second level failed; its console is {inner / 'console.txt'}")
    capture.mkdir()
    shutil.move(files / "host", capture / "host")
    shutil.move(inner / "guest", capture / "guest")
    counts = dict(
        line.split("=") for path in (files / "tap", inner / "counts") for line in path.read_text().splitlines()
    )
    truth = {key: value if key == "device" else int(value) for key, value in counts.items()}
    if settings["workload"] == "block":
        truth["requests"] = sum(truth[key] for key in ("reads", "writes", "discards", "flushes", "serial_reads"))
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    write_case(capture, settings)


def write_case(capture, settings):
    devices = [facts.device(line) for line in facts.text(capture / "guest" / "virtio-devices").splitlines()]
    facts.write(
        capture / "case.json",
        {
            "transport": "pci",
            "hypervisor": HYPERVISOR[settings["accel"]],
            "devices": devices,
            "guest": facts.side(capture / "guest"),
            "refused_probes": facts.refused(capture / "guest"),
            "host": facts.side(capture / "host")
            | {"backend": "vhost-net (kernel)" if settings["vhost"] else "QEMU userspace device"},
        },
    )


def truth(folder):
    return json.loads((folder / "truth.json").read_text())
