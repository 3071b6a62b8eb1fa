#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ctf_chunks.py TRACE TARGET CHUNKS OVERLAP: the streams of an LTTng trace, cut at packet borders into folders TARGET/0 ...,
as the rotation of a session does; with OVERLAP packets of the chunk before at the begin of each, as snapshots have them."""
import pathlib
import shutil
import struct
import sys


def packets(stream):
    data = stream.read_bytes()
    at = 0
    while at < len(data):
        size = struct.unpack_from("<Q", data, at + 56)[0] // 8
        yield data[at : at + size]
        at += size


source, target, count, overlap = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
for chunk in range(count):
    (target / str(chunk)).mkdir(parents=True)
    shutil.copy(source / "metadata", target / str(chunk))
for stream in sorted(source.glob("c*_*")):
    found = list(packets(stream))
    for chunk in range(count):
        begin, end = len(found) * chunk // count, len(found) * (chunk + 1) // count
        if begin < end:
            (target / str(chunk) / stream.name).write_bytes(b"".join(found[max(0, begin - overlap) : end]))
