#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""repeat_trace.py IN OUT TIMES: a trace.dat (version 6) whose events follow TIMES times, each time later.

Only the time in each page's header moves; the events of a page are relative to it. `trace-cmd convert
--file-version 6 --compression none` makes such a file of any other.
"""
import struct
import sys
from pathlib import Path

PAGE = 4096
MARK = b"flyrecord\0"


def main():
    source, output, times = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    data = source.read_bytes()
    if data[3:10] != b"tracing" or data[10:12] != b"6\0":
        sys.exit(f"{source}: no trace.dat of version 6")
    table = data.rindex(MARK) + len(MARK)
    first = struct.unpack_from("<Q", data, table)[0]
    buffers = []
    at = table
    # The table ends where the first buffer or its padding begins: offsets are page aligned and never smaller.
    while at + 16 <= first:
        offset, size = struct.unpack_from("<QQ", data, at)
        if offset < first or offset + size > len(data):
            break
        buffers.append((offset, size))
        at += 16
    pages = [[data[offset + i:offset + i + PAGE] for i in range(0, size, PAGE)] for offset, size in buffers]
    stamps = [struct.unpack_from("<Q", page)[0] for cpu in pages for page in cpu]
    step = max(stamps) - min(stamps) + 100_000_000
    with output.open("wb") as out:
        out.write(data[:table])
        offset = (at + PAGE - 1) // PAGE * PAGE
        for cpu in pages:
            out.write(struct.pack("<QQ", offset, len(cpu) * PAGE * times))
            offset += len(cpu) * PAGE * times
        out.write(b"\0" * (-out.tell() % PAGE))
        for cpu in pages:
            for again in range(times):
                for page in cpu:
                    stamp = struct.unpack_from("<Q", page)[0] + again * step
                    out.write(struct.pack("<Q", stamp) + page[8:])


if __name__ == "__main__":
    main()
