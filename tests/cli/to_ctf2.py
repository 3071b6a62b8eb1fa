#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""to_ctf2.py TRACE [--packets le|be] [--variable-length]: rewrites the metadata of a CTF 1.8 trace of LTTng as CTF 2, after
CTF2-SPEC-2.0. The stream files stay: packets are laid out the same way.

--packets          in packets of this byte order instead of as plain text
--variable-length  with a field class that CTF 1.8 does not have
"""
import json
import pathlib
import re
import struct
import subprocess
import sys

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\.\.\.|:=|[A-Za-z_][\w.]*|-?\d+|\S')
ROLES = {
    "packet-header": {"magic": "packet-magic-number", "stream_id": "data-stream-class-id", "stream_instance_id": "data-stream-id"},
    "packet-context": {
        "timestamp_begin": "default-clock-timestamp",
        "timestamp_end": "packet-end-default-clock-timestamp",
        "content_size": "packet-content-length",
        "packet_size": "packet-total-length",
        "events_discarded": "discarded-event-record-counter-snapshot",
        "packet_seq_num": "packet-sequence-number",
    },
    "event-record-header": {"id": "event-record-class-id", "timestamp": "default-clock-timestamp"},
}
MAGIC = 0x75D11D57


class Parser:
    def __init__(self, text):
        self.tokens = TOKEN.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.S))
        self.types = {}
        self.order = "little-endian"

    def take(self, expected=None):
        token = self.tokens.pop(0)
        if expected is not None and token != expected:
            raise SystemExit(f"expected {expected}, found {token}")
        return token

    def at(self, token):
        return self.tokens and self.tokens[0] == token

    def block(self):
        """name = value; name := type; ..."""
        found = {}
        self.take("{")
        while not self.at("}"):
            name = self.take()
            if self.take() == ":=":
                found[name] = self.type()
            else:
                found[name] = self.take()
            self.take(";")
        self.take("}")
        return found

    def type(self):
        word = self.take()
        if word == "integer":
            attributes = self.block()
            signed = attributes.get("signed") in ("1", "true")
            return {
                "type": f"fixed-length-{'signed' if signed else 'unsigned'}-integer",
                "length": int(attributes["size"]),
                "alignment": int(attributes.get("align", 1)),
                "byte-order": self.order,
                "preferred-display-base": int(attributes.get("base", 10)),
            }
        if word == "string":
            return {"type": "null-terminated-string"}
        if word == "enum":
            self.take(":")
            container = dict(self.type())
            container["mappings"] = {}
            self.take("{")
            while not self.at("}"):
                label = self.take()
                self.take("=")
                first = last = int(self.take())
                if self.at("..."):
                    self.take()
                    last = int(self.take())
                container["mappings"][label] = [[first, last]]
                if self.at(","):
                    self.take()
            self.take("}")
            return container
        if word == "struct":
            if not self.at("{"):
                return self.types["struct " + self.take()]
            return self.structure()
        if word == "variant":
            self.take("<")
            selector = self.take()
            self.take(">")
            return {"type": "variant", "selector-field-location": {"path": [selector]}, "members": self.members()}
        while self.tokens[1] not in (";", "[") and word not in self.types:
            word += " " + self.take()
        return self.types[word]

    def members(self):
        found = []
        self.take("{")
        while not self.at("}"):
            kind = self.type()
            name = self.take()
            if self.at("["):
                self.take()
                length = self.take()
                self.take("]")
                if name == "uuid":
                    kind = {"type": "static-length-blob", "length": int(length), "roles": ["metadata-stream-uuid"]}
                else:
                    kind = {"type": "static-length-array", "length": int(length), "element-field-class": kind}
            self.take(";")
            found.append((name, kind))
        self.take("}")
        return found

    def structure(self):
        kind = {"type": "structure", "members": self.members()}
        if self.at("align"):
            self.take()
            self.take("(")
            kind["minimum-alignment"] = int(self.take())
            self.take(")")
        return kind

    def parse(self):
        found = {"events": []}
        while self.tokens:
            word = self.take()
            if word == "typealias":
                kind = self.type()
                self.take(":=")
                name = self.take()
                while not self.at(";"):
                    name += " " + self.take()
                self.types[name] = kind
            elif word == "struct":
                name = self.take()
                self.types["struct " + name] = self.structure()
            elif word == "event":
                found["events"].append(self.block())
            else:
                found[word] = self.block()
            self.take(";")
        return found


def finished(kind, origin):
    """With what CTF 2 wants: roles, options of variants, names without the underscore of CTF 1.8."""
    roles = ROLES.get(origin, {})

    def named(name, inner):
        inner = done(inner)
        if name in roles and "integer" in inner["type"]:
            inner["roles"] = [roles[name]]
        return inner

    def done(kind):
        kind = dict(kind)
        if kind["type"] == "structure":
            members = kind.pop("members")
            kind["member-classes"] = []
            for name, inner in members:
                inner = named(name, inner)
                if inner["type"] == "variant":
                    labels = dict(members)[inner["selector-field-location"]["path"][0]]["mappings"]
                    for option in inner["options"]:
                        option["selector-field-ranges"] = labels[option["name"]]
                kind["member-classes"].append({"name": name.removeprefix("_"), "field-class": inner})
        elif kind["type"] == "variant":
            kind["options"] = [{"name": name, "field-class": named(name, inner)} for name, inner in kind.pop("members")]
        return kind

    return done(kind)


def fragments(found):
    unquoted = lambda text: text.strip('"')
    uuid = bytes.fromhex(unquoted(found["trace"]["uuid"]).replace("-", ""))
    clock = found["clock"]
    seconds, cycles = divmod(int(clock["offset"]), int(clock["freq"]))
    yield {"type": "preamble", "version": 2, "uuid": list(uuid)}
    yield {
        "type": "clock-class",
        "id": "default",
        "name": unquoted(clock["name"]),
        "frequency": int(clock["freq"]),
        "origin": "unix-epoch",
        "offset-from-origin": {"seconds": seconds, "cycles": cycles},
    }
    yield {
        "type": "trace-class",
        "environment": {
            name: unquoted(value) if value.startswith('"') else int(value) for name, value in found["env"].items()
        },
        "packet-header-field-class": finished(found["trace"]["packet.header"], "packet-header"),
    }
    stream = found["stream"]
    yield {
        "type": "field-class-alias",
        "name": "header",
        "field-class": finished(stream["event.header"], "event-record-header"),
    }
    yield {
        "type": "data-stream-class",
        "id": int(stream["id"]),
        "default-clock-class-id": "default",
        "packet-context-field-class": finished(stream["packet.context"], "packet-context"),
        "event-record-header-field-class": "header",
        "event-record-common-context-field-class": finished(stream["event.context"], "event-record-common-context"),
    }
    for event in found["events"]:
        yield {
            "type": "event-record-class",
            "id": int(event["id"]),
            "data-stream-class-id": int(event["stream_id"]),
            "name": unquoted(event["name"]),
            "payload-field-class": finished(event["fields"], "event-record-payload"),
        }


def packets(text, order):
    sign = "<" if order == "le" else ">"
    for start in range(0, len(text), 4000):
        part = text[start : start + 4000]
        size = (37 + len(part)) * 8
        padding = b"\0" * 16
        yield struct.pack(sign + "I16sIIIBBBBB", MAGIC, bytes(16), 0, size, size + len(padding) * 8, 0, 0, 0, 2, 0)
        yield part + padding


def main(trace, *options):
    metadata = pathlib.Path(trace) / "metadata"
    text = subprocess.run(["babeltrace2", "-o", "ctf-metadata", trace], capture_output=True, text=True, check=True).stdout
    made = list(fragments(Parser(text).parse()))
    if "--variable-length" in options:
        member = made[-1]["payload-field-class"]["member-classes"][0]
        member["field-class"] = {"type": "variable-length-unsigned-integer"}
    result = "".join("\x1e" + json.dumps(fragment) + "\n" for fragment in made).encode()
    if "--packets" in options:
        result = b"".join(packets(result, options[options.index("--packets") + 1]))
    metadata.write_bytes(result)


main(*sys.argv[1:])
