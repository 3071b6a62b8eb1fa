# SPDX-License-Identifier: GPL-2.0-or-later
"""A root file system in memory: files, programs with the shared libraries they need, kernel modules."""
import gzip
import re
import stat
import subprocess
import tempfile
from pathlib import Path

from .errors import LabError


class Initramfs:
    """Collects files and writes them as a cpio archive (format newc)."""

    def __init__(self):
        self._entries = {}
        for folder in "bin sbin lib lib64 usr usr/bin proc sys dev run tmp out etc root".split():
            self.folder(folder)

    def folder(self, path):
        parts = Path(path).parts
        for count in range(1, len(parts) + 1):
            self._entries.setdefault("/".join(parts[:count]), (stat.S_IFDIR | 0o755, b""))

    def file(self, path, data, executable=False):
        path = path.lstrip("/")
        self.folder(str(Path(path).parent))
        data = data if isinstance(data, bytes) else data.encode()
        self._entries[path] = (stat.S_IFREG | (0o755 if executable else 0o644), data)

    def link(self, path, target):
        path = path.lstrip("/")
        self.folder(str(Path(path).parent))
        self._entries[path] = (stat.S_IFLNK | 0o777, target.encode())

    def tree(self, path, source):
        """A file or a folder of this machine, links followed."""
        source = Path(source)
        if source.is_file():
            return self.file(path, source.read_bytes(), bool(source.stat().st_mode & 0o111))
        self.folder(path.lstrip("/"))
        for child in sorted(source.iterdir()):
            if child.exists():
                self.tree(f"{path}/{child.name}", child)

    def program(self, path, source, libraries=None, strip=False):
        """A program and its shared libraries; `libraries`: folders to look in instead of this machine's."""
        data = stripped(source) if strip else Path(source).read_bytes()
        self.file(path, data, executable=True)
        if data[:4] != b"\x7fELF":
            return
        for library in needed_here(source) if libraries is None else needed_in(source, libraries):
            self.library(library)

    def library(self, library):
        name = Path(library).name
        self.tree(f"lib/{name}", library)
        if name.startswith(("ld-linux-x86-64", "ld64")):  # where the program's header says that the loader is
            self.tree(f"lib64/{name}" if name.startswith("ld-linux") else f"lib/{name}", library)

    def write(self, output):
        with gzip.open(output, "wb", compresslevel=1) as file:
            for number, (path, (mode, data)) in enumerate(sorted(self._entries.items()), 1):
                file.write(_record(number, path, mode, data))
            file.write(_record(0, "TRAILER!!!", 0, b""))
        return output


def _record(inode, path, mode, data):
    name = path.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + name) + _padded(data)


def _padded(data):
    return data + b"\0" * (-len(data) % 4)


def stripped(program):
    """Without symbols, which take most of the space of a program built for debugging."""
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(["strip", "-o", file.name, str(program)], check=True)
        return Path(file.name).read_bytes()


def needed_here(program):
    """Libraries as this machine's loader finds them."""
    result = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        return []  # static
    missing = re.findall(r"(\S+) => not found", result.stdout)
    if missing:
        raise LabError(f"{program}: its library {missing[0]} is not found on this machine")
    return re.findall(r"(/\S+) \(0x", result.stdout)


def needed_in(program, folders):
    """Libraries of a program of another architecture, from the folders that its packages were unpacked to."""
    found, todo = {}, [Path(program)]
    while todo:
        output = subprocess.run(["readelf", "-dl", str(todo.pop())], capture_output=True, text=True, check=True).stdout
        names = re.findall(r"\(NEEDED\)\s+Shared library: \[([^]]+)]", output)
        names += [Path(loader).name for loader in re.findall(r"program interpreter: ([^]]+)]", output)]
        for name in names:
            if name in found:
                continue
            places = [path for folder in folders for path in Path(folder).glob(f"**/{name}") if path.exists()]
            if not places:
                raise LabError(f"{program}: its library {name} is in none of the packages that were fetched for it")
            found[name] = places[0]
            todo.append(places[0])
    return list(found.values())
