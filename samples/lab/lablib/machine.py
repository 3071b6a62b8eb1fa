# SPDX-License-Identifier: GPL-2.0-or-later
"""Virtual machines: QEMU command lines by transport, running one, and what it hands back."""
import shutil
import subprocess
import time
from pathlib import Path

from . import programs
from .errors import LabError, Unavailable

OUT_BYTES = 512 << 20
MEMORY_MIB = 512


class Machine:
    """What is the same for every machine of an architecture: emulator, board, console."""

    def __init__(self, arch, board, options=(), console="ttyS0", boot="", bus="pci"):
        self.arch, self.board, self.options, self.console, self.boot, self.bus = (
            arch,
            board,
            options,
            console,
            boot,
            bus,
        )

    def device(self, kind, **properties):
        """A -device argument of the machine's transport: kind is blk, net ..."""
        name = {"pci": f"virtio-{kind}-pci", "mmio": f"virtio-{kind}-device", "ccw": f"virtio-{kind}-ccw"}[self.bus]
        if self.bus == "pci":
            properties.setdefault("disable-legacy", "on")
            properties.update({"romfile": ""} if kind == "net" else {})
        if self.bus == "mmio":
            properties.pop("num-queues", None)
        return ["-device", ",".join([name, *(f"{key}={value}" for key, value in properties.items())])]


SERIAL = ("-serial", "stdio")
# At boot a kernel waits for some ticks of the timer, and panics when a busy machine has not let the emulator make them.
PC_BOOT = "no_timer_check"
MACHINES = {
    "pci": Machine("amd64", "pc", SERIAL, boot=PC_BOOT),
    "pcie": Machine("amd64", "q35", SERIAL, boot=PC_BOOT),
    # microvm has no clock to measure the time stamp counter with, or to find that those of two vCPUs agree.
    "mmio": Machine(
        "amd64",
        "microvm,acpi=on,rtc=on,pit=on,pic=on,auto-kernel-cmdline=off",
        (*SERIAL, "-cpu", "qemu64", "-global", "virtio-mmio.force-legacy=false"),
        boot="tsc=reliable {tsc_khz}",
        bus="mmio",
    ),
    "ccw": Machine(
        "s390x",
        "s390-ccw-virtio",
        ("-chardev", "stdio,id=con", "-device", "sclpconsole,chardev=con"),
        console="ttysclp0",
        bus="ccw",
    ),
    "arm-pci": Machine("arm64", "virt", (*SERIAL, "-cpu", "cortex-a72"), console="ttyAMA0"),
    "arm-mmio": Machine(
        "arm64",
        "virt",
        (*SERIAL, "-cpu", "cortex-a72", "-global", "virtio-mmio.force-legacy=false"),
        console="ttyAMA0",
        bus="mmio",
    ),
}
FIRMWARE = ("/usr/share/qemu", "/usr/share/seabios")


def emulator(arch, folder=None):
    name = f"qemu-system-{programs.PROCESSOR[arch]}"
    path = str(Path(folder) / name) if folder else shutil.which(name)
    if not path or not Path(path).exists():
        raise Unavailable(f"{name} is not installed; run: tools/setup lab")
    return path


def tsc_khz():
    """The kernel parameter; nothing where this machine has no such counter and QEMU makes one up."""
    if programs.host_arch() != "amd64":
        return ""
    result = subprocess.run([programs.compiled("tsc_khz", "amd64")], capture_output=True, text=True, check=True)
    return f"tsc_early_khz={result.stdout.strip()}"


def command_line(
    machine, kernel, initramfs, out, *, arguments=(), boot="", memory=MEMORY_MIB, cpus=2, qemu_folder=None, steady=False
):
    """steady: the machine's time is the number of instructions it has executed, independent of what else this machine does."""
    out_disk = [
        "-drive",
        f"if=none,id=labout,file={out},format=raw",
        *machine.device("blk", drive="labout", id="out", serial="labout", **{"num-queues": 1}),
    ]
    firmware = [part for folder in FIRMWARE for part in ("-L", folder)] if qemu_folder else []
    fixed = machine.boot.format(tsc_khz=tsc_khz()) if "{tsc_khz}" in machine.boot else machine.boot
    return [
        emulator(machine.arch, qemu_folder),
        *(
            ("-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off")
            if steady
            else ("-accel", "tcg,thread=multi")
        ),
        "-M",
        machine.board,
        "-nodefaults",
        "-no-user-config",
        "-display",
        "none",
        "-no-reboot",
        "-m",
        str(memory),
        "-smp",
        str(cpus),
        *firmware,
        *machine.options,
        "-kernel",
        str(kernel),
        "-initrd",
        str(initramfs),
        *arguments,
        *out_disk,
        "-append",
        " ".join(f"console={machine.console} panic=-1 loglevel=4 {fixed} {boot}".split()),
    ]


class Running:
    """A machine that runs: its console as far as it came."""

    def __init__(self, command, folder, interactive=False):
        self.console = Path(folder) / "console.txt"
        self._out = None if interactive else open(self.console, "wb")
        self._error_file = Path(folder) / "qemu.log"
        with open(self._error_file, "wb") as errors:
            self.process = subprocess.Popen(
                command, stdin=None if interactive else subprocess.DEVNULL, stdout=self._out, stderr=errors
            )

    def text(self):
        return self.console.read_text(errors="replace") if self.console.exists() else ""

    def wait_for(self, word, timeout):
        """True when the console says `word`; False when the machine ended before; an error after the timeout."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if word in self.text():
                return True
            if self.process.poll() is not None:
                return word in self.text()
            time.sleep(0.05)
        self.stop()
        raise LabError(f"the machine did not say '{word}' within {timeout} s; its console is {self.console}")

    def wait(self, timeout):
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            raise LabError(f"the machine did not end within {timeout} s; its console is {self.console}") from None
        if code != 0:
            raise LabError(f"QEMU ended with {code}: {self._error_file.read_text(errors='replace').strip()[-400:]}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def prepare_out(path):
    with open(path, "wb") as file:
        file.truncate(OUT_BYTES)
    return path


def unpack_out(path, folder):
    """What the machine left in /out, and the exit code of its job."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(["tar", "x", "-f", str(path), "-C", str(folder)], capture_output=True, check=False)
    Path(path).unlink()
    if result.returncode != 0 or not (folder / "exit-code").exists():
        raise LabError(f"the machine handed nothing back; its console is {folder.parent / 'console.txt'}")
    return int((folder / "exit-code").read_text())
