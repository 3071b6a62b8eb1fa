#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""spread_streams.py IN OUT COUNT: the events of an LTTng trace in COUNT streams: packets are dealt out in turn.

Sequence numbers are counted anew in each stream; everything else of a packet stays. The index is left out: readers make it.
"""
import shutil
import struct
import sys
from pathlib import Path

MAGIC = 0xC1FC1FC1
# LTTng's packet header and context: magic, uuid, stream id, stream instance id, begin, end, content and packet size in
# bits, sequence number ...
INSTANCE, PACKET_SIZE, SEQUENCE = 24, 56, 64


def packets(stream):
    data = stream.read_bytes()
    at = 0
    while at < len(data):
        if struct.unpack_from("<I", data, at)[0] != MAGIC:
            sys.exit(f"{stream}: no packet begins at byte {at}")
        size = struct.unpack_from("<Q", data, at + PACKET_SIZE)[0] // 8
        yield data[at:at + size]
        at += size


def main():
    source, output, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    streams = [path for path in sorted(source.iterdir()) if path.is_file() and path.name != "metadata" and path.stat().st_size]
    if count % len(streams) != 0:
        sys.exit(f"{count} is not a multiple of the {len(streams)} streams of {source}")
    output.mkdir(parents=True)
    shutil.copy(source / "metadata", output)
    each = count // len(streams)
    for number, stream in enumerate(streams):
        files = [(output / f"host_{number * each + i}").open("wb") for i in range(each)]
        for index, packet in enumerate(packets(stream)):
            packet = bytearray(packet)
            struct.pack_into("<Q", packet, INSTANCE, number * each + index % each)
            struct.pack_into("<Q", packet, SEQUENCE, index // each)
            files[index % each].write(packet)
        for file in files:
            file.close()


if __name__ == "__main__":
    main()
