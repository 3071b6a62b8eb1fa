#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the part of a kernel's BTF that descry looks at: reduce.py OUT VMLINUX [MODULE...]

VMLINUX and MODULE are raw BTF, or ELF files with a section .BTF (modules not compressed). Structures keep the names and offsets
of their members; members that are no structures become `int`, and so do parameters. Format:
https://docs.kernel.org/bpf/btf.html
"""
import struct
import sys

STRUCTURES = ["virtqueue", "vring_virtqueue", "vhost_virtqueue", "vhost_dev"]
FUNCTIONS = ["vhost_get_vq_desc_n", "vhost_add_used_n", "__swiotlb_tbl_unmap_single", "swiotlb_tbl_map_single"]
INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, PROTO = range(1, 14)
EXTRA = {INT: 4, ARRAY: 12, 14: 4, 17: 4}  # bytes behind a type; the others by their number of members
EACH = {STRUCT: 12, UNION: 12, ENUM: 8, PROTO: 8, 15: 12, 19: 12}


def section(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"\x7fELF":
        return data
    order = "<" if data[5] == 1 else ">"
    (at,), (size, count, names) = struct.unpack_from(order + "Q", data, 40), struct.unpack_from(order + "3H", data, 58)
    headers = [struct.unpack_from(order + "IIQQQQ", data, at + i * size) for i in range(count)]
    for name, _, _, _, offset, length in headers:
        if data[headers[names][4] + name:headers[names][4] + name + 5] == b".BTF\0":
            return data[offset:offset + length]
    sys.exit(f"{path}: no section .BTF")


class Types:
    """Of a kernel and one of its modules, whose types and strings count on from those of the kernel."""

    def __init__(self, *parts):
        self.types, self.strings = [None], b""
        for data in parts:
            self.add(data)

    def add(self, data):
        order = "<" if data[:2] == b"\x9f\xeb" else ">"
        _, _, _, header, type_at, type_bytes, string_at, string_bytes = struct.unpack_from(order + "HBBIIIII", data)
        at, end = header + type_at, header + type_at + type_bytes
        self.strings += data[header + string_at:header + string_at + string_bytes]
        while at < end:
            name, info, size = struct.unpack_from(order + "III", data, at)
            kind, count = info >> 24 & 31, info & 0xffff
            at += 12
            tail = EXTRA.get(kind, 0) + EACH.get(kind, 0) * count
            words = struct.unpack_from(f"{order}{tail // 4}I", data, at)
            at += tail
            self.types.append((self.name(name), kind, info >> 31, count, size, words))

    def name(self, offset):
        return self.strings[offset:self.strings.index(b"\0", offset)].decode()

    def find(self, name, kind):
        return next((t for t in self.types[1:] if t[0] == name and t[1] == kind), None)

    def plain(self, number):
        while number and self.types[number][1] in (TYPEDEF, VOLATILE, CONST, RESTRICT):
            number = self.types[number][4]
        return self.types[number]


class Reduced:
    def __init__(self):
        self.source, self.out, self.strings, self.done = None, [], b"\0", {}
        self.number(struct.pack("<IIII", self.string("int"), INT << 24, 4, 1 << 24 | 32))

    def string(self, text):
        if not text:
            return 0
        self.strings += text.encode() + b"\0"
        return len(self.strings) - len(text) - 1

    def number(self, data):
        self.out.append(data)
        return len(self.out)

    def structure(self, kept):
        name, kind, flag, count, size, words = kept
        key = id(kept)
        if key in self.done:
            return self.done[key]
        members = b""
        for i in range(count):
            member, number, offset = words[3 * i:3 * i + 3]
            inner = self.source.plain(number)
            ours = self.structure(inner) if inner and inner[1] in (STRUCT, UNION) else 1
            members += struct.pack("<III", self.string(self.source.name(member)), ours, offset)
        head = struct.pack("<III", self.string(name), flag << 31 | kind << 24 | count, size)
        self.done[key] = self.number(head + members)
        return self.done[key]

    def function(self, kept):
        count = self.source.types[kept[4]][3]
        prototype = self.number(struct.pack("<III", 0, PROTO << 24 | count, 1) +
                                b"".join(struct.pack("<II", 0, 1) for _ in range(count)))
        self.number(struct.pack("<III", self.string(kept[0]), FUNC << 24, prototype))

    def bytes(self):
        types = b"".join(self.out)
        return struct.pack("<HBBIIIII", 0xeb9f, 1, 0, 24, 0, len(types), len(types), len(self.strings)) + types + self.strings


def main():
    kernel, modules = section(sys.argv[2]), [[section(path)] for path in sys.argv[3:]]
    reduced, names = Reduced(), set()
    for parts in [[]] + modules:
        reduced.source = Types(kernel, *parts)
        for name in STRUCTURES + FUNCTIONS:
            kept = reduced.source.find(name, STRUCT if name in STRUCTURES else FUNC)
            if kept and name not in names:
                names.add(name)
                (reduced.structure if name in STRUCTURES else reduced.function)(kept)
    with open(sys.argv[1], "wb") as out:
        out.write(reduced.bytes())


main()
