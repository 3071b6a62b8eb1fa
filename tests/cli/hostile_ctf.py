#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes CTF traces with metadata on which libbabeltrace2 2.0 ends: hostile_ctf.py FOLDER. Each has one event."""
import pathlib
import struct
import sys

METADATA = """/* CTF 1.8 */
typealias integer {{ size = 8; align = 8; signed = false; }} := uint8_t;
typealias integer {{ size = 32; align = 8; signed = false; }} := uint32_t;
typealias integer {{ size = 64; align = 8; signed = false; }} := uint64_t;
trace {{ major = 1; minor = 8; byte_order = le; packet.header := struct {{ uint32_t magic; uint32_t stream_id; }}; }};
clock {{ name = "monotonic"; freq = 1000000000; offset = 0; }};
typealias integer {{ size = 64; align = 8; signed = false; map = clock.monotonic.value; }} := time_t;
stream {{
  id = 0;
  packet.context := struct {{ time_t timestamp_begin; time_t timestamp_end; uint64_t content_size; uint64_t packet_size; }};
  event.header := struct {{ uint32_t id; time_t timestamp; }};
}};
event {{ name = "x:y"; id = 0; stream_id = 0; fields := {fields}; }};
"""

HOSTILE = {
    "dimensions": "struct { uint8_t a" + "[1]" * 60000 + "; }",  # recursion without a bound
    "array": "struct { uint8_t a[4294967295]; }",  # 32 GiB at once
}


def main():
    for name, fields in HOSTILE.items():
        folder = pathlib.Path(sys.argv[1]) / name
        folder.mkdir(parents=True)
        (folder / "metadata").write_text(METADATA.format(fields=fields))
        event = struct.pack("<IQ", 0, 1) + bytes(64)
        bits = 8 * (8 + 32 + len(event))
        (folder / "stream").write_bytes(struct.pack("<IIQQQQ", 0xC1FC1FC1, 0, 1, 2, bits, bits) + event)


main()
