#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes small seeds for the fuzz targets from the test data and the samples: make_corpus.py SOURCE CORPUS."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

LARGEST = 64 << 10  # of a seed: long ones are read slowly and change little
STREAM = b"\nSTREAM\n"  # ctf_target.cpp


def unpacked(archive, folder):
    subprocess.run(["tar", "--zstd", "-xf", archive, "-C", folder], check=True)


def is_text(head):
    return b"\0" not in head


class Corpus:
    def __init__(self, top):
        self.top = top
        self.numbers = {}

    def add(self, kind, data):
        folder = self.top / kind
        folder.mkdir(parents=True, exist_ok=True)
        number = self.numbers[kind] = self.numbers.get(kind, 0) + 1
        (folder / f"{number:03}").write_bytes(data[:LARGEST])

    def add_ctf(self, folder):
        streams = [file for file in sorted(folder.iterdir()) if file.is_file() and file.name != "metadata"]
        data = (folder / "metadata").read_bytes()
        for stream in streams[:3]:
            data += STREAM + stream.read_bytes()[:8192]
        if len(data) <= 2 * LARGEST:
            folder = self.top / "ctf"
            folder.mkdir(parents=True, exist_ok=True)
            number = self.numbers["ctf"] = self.numbers.get("ctf", 0) + 1
            (folder / f"{number:03}").write_bytes(data)

    def add_folder(self, folder):
        for metadata in sorted(folder.rglob("metadata")):
            self.add_ctf(metadata.parent)
        for file in sorted(folder.rglob("*")):
            if not file.is_file() or (file.parent / "metadata").exists():
                continue
            data = file.read_bytes()[:LARGEST]
            if data.startswith(b"\x17\x08\x44tracing"):
                self.add("trace_dat", data)
            elif b"virtqueue_" in data and is_text(data[:4096]) and b"# tracer" not in data:
                self.add("qemu_log", data[:16 << 10])
            elif is_text(data[:4096]) and (b"0x" in data or b"=" in data):
                self.add("text", data[:16 << 10])


def main():
    source, top = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    shutil.rmtree(top, ignore_errors=True)
    corpus = Corpus(top)
    with tempfile.TemporaryDirectory() as folder:
        for archive in sorted((source / "tests/data/cases").glob("*.tar.zst")):
            place = pathlib.Path(folder) / archive.stem
            place.mkdir()
            unpacked(archive, place)
            corpus.add_folder(place)
        for name in ("pci-blk-fast", "ccw-blk"):
            place = pathlib.Path(folder) / name
            place.mkdir()
            unpacked(source / "samples/traces" / name / "traces.tar.zst", place)
            corpus.add_folder(place)
    for kind in sorted((source / "tests/fuzz/seeds").iterdir()):
        for file in sorted(kind.iterdir()):
            corpus.add(kind.name, file.read_bytes())
    for sample in sorted((source / "samples/traces").glob("*/c*.*")):
        if sample.name in ("case.json", "cmdline.txt"):
            corpus.add("facts", sample.read_bytes())
    for kind in ("text", "qemu_log", "trace_dat", "ctf", "facts", "condition"):
        if not corpus.numbers.get(kind):
            sys.exit(f"make_corpus.py: no seeds for {kind}")
        print(f"{kind}: {corpus.numbers[kind]} seeds")


main()
