#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kernel_domain.py UST_TRACE TARGET: a trace of the kernel domain as lttng-modules writes it, into TARGET, beside a trace of
the user-space domain that was recorded. Clock, machine and declarations are those of the latter; the events are the
scheduler's, interrupts and system calls of two CPUs in the time that it covers."""
import pathlib
import re
import struct
import subprocess
import sys
import uuid

MAGIC = 0xC1FC1FC1
CPUS, EVENTS, PER_PACKET = 2, 1500, 100  # events of each CPU

INTEGER = "integer {{ size = {size}; align = 8; signed = {signed}; encoding = none; base = 10; }} {name};"
TEXT = "integer {{ size = 8; align = 8; signed = 0; encoding = UTF8; base = 10; }} {name}[16];"
STATE = """enum : integer {{ size = 64; align = 8; signed = 1; encoding = none; base = 10; }} {{
\t\t\t"TASK_RUNNING" = 0, "TASK_INTERRUPTIBLE" = 1, "TASK_UNINTERRUPTIBLE" = 2, "TASK_DEAD" = 64,
\t\t}} {name};"""

# Name, fields as (kind, name), and the values of event number i.
KINDS = [
    ("sched_switch", [("text", "_prev_comm"), ("i32", "_prev_tid"), ("i32", "_prev_prio"), ("state", "_prev_state"),
                      ("text", "_next_comm"), ("i32", "_next_tid"), ("i32", "_next_prio")],
     lambda i: ("CPU 0/TCG" if i % 8 else "swapper", 4711 if i % 8 else 0, 20, i // 5 % 3, "swapper" if i % 8 else "CPU 0/TCG",
                0 if i % 8 else 4711, 20)),
    ("sched_wakeup", [("text", "_comm"), ("i32", "_tid"), ("i32", "_prio"), ("i32", "_target_cpu")],
     lambda i: ("CPU 0/TCG", 4711, 20, i % CPUS)),
    ("irq_handler_entry", [("i32", "_irq"), ("string", "_name")], lambda i: (24 + i % 3, f"virtio{i % 3}-req.0")),
    ("irq_softirq_raise", [("u32", "_vec")], lambda i: (i % 10,)),
    ("syscall_entry_ppoll", [("u64", "_ufds"), ("u32", "_nfds"), ("sequence", "_overflow")],
     lambda i: (0x7FFF0000 + i, i % 64, bytes(range(i % 5)))),
]


def declared(kind, name):
    if kind == "text":
        return TEXT.format(name=name)
    if kind == "state":
        return STATE.format(name=name)
    if kind == "string":
        return f"string {name};"
    if kind == "sequence":  # "__overflow_length" and "_overflow[ __overflow_length ]"
        length = f"_{name}_length"
        return INTEGER.format(size=32, signed=0, name=length) + "\n\t\t" + INTEGER.format(size=8, signed=0, name=f"{name}[ {length} ]")
    return INTEGER.format(size=int(kind[1:]), signed=int(kind[0] == "i"), name=name)


def written(kind, value):
    if kind == "text":
        return value.encode().ljust(16, b"\0")
    if kind == "string":
        return value.encode() + b"\0"
    if kind == "sequence":
        return struct.pack("<I", len(value)) + value
    return struct.pack({"i32": "<i", "u32": "<I", "u64": "<Q", "state": "<q"}[kind], value)


def metadata_text(trace, identity):
    """What LTTng wrote of the trace, its clock and its headers; with events of the kernel."""
    text = subprocess.run(["babeltrace2", "--output-format=ctf-metadata", trace], capture_output=True, text=True, check=True).stdout
    head = text[: text.index("stream {")]
    head = re.sub(r'(trace \{[^}]*uuid = ")[^"]*', rf"\g<1>{identity}", head, count=1)
    head = re.sub(r'domain = "[^"]*"', 'domain = "kernel"', head)
    head = re.sub(r'tracer_name = "[^"]*"', 'tracer_name = "lttng-modules"', head)
    head = re.sub(r'(tracer_buffering_scheme|trace_buffering_scheme) = "[^"]*"', r'\1 = "global"', head)
    text = head + "stream {\n\tid = 0;\n\tevent.header := struct event_header_compact;\n\tpacket.context := struct packet_context;\n};\n\n"
    for number, (name, fields, _) in enumerate(KINDS):
        text += f'event {{\n\tname = "{name}";\n\tid = {number};\n\tstream_id = 0;\n\tfields := struct {{\n'
        text += "".join(f"\t\t{declared(*field)}\n" for field in fields) + "\t};\n};\n\n"
    return text


def stream(cpu, identity, begin, end):
    """Packets of one CPU."""
    data = b""
    times = [begin + (end - begin) * (2 * i + cpu) // (2 * EVENTS) for i in range(EVENTS)]
    for first in range(0, EVENTS, PER_PACKET):
        events = b""
        for i in range(first, first + PER_PACKET):
            number = i % len(KINDS)
            _, fields, values = KINDS[number]
            events += struct.pack("<I", number | (times[i] & (1 << 27) - 1) << 5)
            events += b"".join(written(kind, value) for (kind, _), value in zip(fields, values(i)))
        header = struct.pack("<I16sIQ", MAGIC, identity.bytes, 0, cpu)
        content = len(header) + 52 + len(events)
        size = -content % 4096 + content
        context = struct.pack("<QQQQQQI", times[first], times[first + PER_PACKET - 1], content * 8, size * 8,
                              first // PER_PACKET, 0, cpu)
        data += (header + context + events).ljust(size, b"\0")
    return data


def main():
    trace, target = sys.argv[1], pathlib.Path(sys.argv[2])
    lines = subprocess.run(["babeltrace2", "--clock-cycles", trace], capture_output=True, text=True, check=True).stdout.splitlines()
    begin, end = (int(re.match(r"\[(\d+)\]", line)[1]) for line in (lines[0], lines[-1]))
    identity = uuid.uuid4()
    target.mkdir(parents=True)
    (target / "metadata").write_text(metadata_text(trace, identity))
    for cpu in range(CPUS):
        (target / f"channel0_{cpu}").write_bytes(stream(cpu, identity, begin, end))


main()
