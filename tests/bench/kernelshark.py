#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kernelshark.py TRACE BIN_DIRECTORY WORK_DIRECTORY [EVENTS...]: the same guest trace in KernelShark and in descry-gui.

The events of TRACE (a trace.dat) are repeated until there are EVENTS of them. KernelShark opens that file; descry-gui
opens the database that `descry import` made of it, whose time is printed beside it: it is spent once, KernelShark reads
the file at every start. Both are timed alike, in a window of an X server: a window is complete when its process has
used no processor for a second, and it took until the last moment it did. Needs kernelshark, trace-cmd and xvfb-run.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TICK = 1 / os.sysconf("SC_CLK_TCK")
NOBODY = 65534
QUIET_SECONDS, LIMIT_SECONDS = 1.0, 600


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def peak_megabytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def time_window(command, environment):
    """Seconds until the window is complete, processor seconds, peak memory in MiB."""
    started = time.monotonic()
    # KernelShark warns root with a dialog before it reads anything.
    process = subprocess.Popen(command, env=environment, user=NOBODY if os.getuid() == 0 else None,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    last_busy, used = started, 0.0
    try:
        while time.monotonic() - started < LIMIT_SECONDS:
            time.sleep(0.02)
            if process.poll() is not None:
                sys.exit(f"{command[0]} ended with {process.returncode}")
            now = processor_seconds(process.pid)
            # A blinking cursor is one tick now and then.
            if now - used >= 2 * TICK:
                last_busy, used = time.monotonic(), now
            elif time.monotonic() - max(last_busy, started + 1) > QUIET_SECONDS:
                break
        return last_busy - started, used, peak_megabytes(process.pid)
    finally:
        process.kill()
        process.wait()


def count_events(trace):
    with subprocess.Popen(["trace-cmd", "report", "-i", trace], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as report:
        return sum(1 for line in report.stdout if b": " in line and b"[" in line)


def make_trace(source, work, events):
    single = work / "single.dat"
    subprocess.run(["trace-cmd", "convert", "--file-version", "6", "--compression", "none", "-i", source, "-o", single],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    once = count_events(single)
    times = max(1, round(events / once))
    trace = work / f"guest-{once * times}.dat"
    if not trace.exists():
        subprocess.run([HERE / "repeat_trace.py", single, trace, str(times)], check=True)
    return trace, once * times


def import_trace(program, trace, database):
    started = time.monotonic()
    done = subprocess.run([program, "import", "-q", "--guest", trace, "-o", database], stderr=subprocess.PIPE)
    if done.returncode not in (0, 3):
        sys.exit(f"descry import ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return time.monotonic() - started


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    if not os.environ.get("DISPLAY"):
        os.execvp("xvfb-run", ["xvfb-run", "-a", "--server-args", "-screen 0 1600x1000x24 -ac", *sys.argv])
    source, programs, work = (Path(argument).resolve() for argument in sys.argv[1:4])
    work.mkdir(parents=True, exist_ok=True)
    home = tempfile.mkdtemp()
    if os.getuid() == 0:
        os.chown(home, NOBODY, NOBODY)
    environment = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home, "XDG_RUNTIME_DIR": home}
    print(f"{'events':>12} {'':14} {'window s':>9} {'cpu s':>8} {'peak MiB':>9} {'file MB':>9} {'import s':>9}")
    try:
        for events in [int(argument) for argument in sys.argv[4:]] or [100_000, 1_000_000]:
            trace, count = make_trace(source, work, events)
            database = work / f"guest-{count}.db"
            imported = import_trace(programs / "descry", trace, database)
            for name, command, took in (("kernelshark", ["kernelshark", str(trace)], ""),
                                        ("descry-gui", [str(programs / "descry-gui"), str(database)],
                                         f"{imported:9.1f}")):
                window, cpu, peak = time_window(command, environment)
                size = Path(command[1]).stat().st_size / 1e6
                print(f"{count:12,} {name:14} {window:9.2f} {cpu:8.2f} {peak:9.0f} {size:9.1f} {took:>9}", flush=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
