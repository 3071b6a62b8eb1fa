# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's trace log as a CTF trace: the host side where QEMU is not built with the ust backend, as Debian's is not.

The log's times are wall-clock microseconds, which is the precision of such a capture.
"""
import re
import struct

# Event -> its numbers in the order of the log line, named as QEMU's LTTng-UST events name them.
EVENTS = {
    "virtqueue_pop": ("vq", "elem", "in_num", "out_num"),
    "virtqueue_fill": ("vq", "elem", "len", "idx"),
    "virtqueue_flush": ("vq", "count"),
    "virtio_queue_notify": ("vdev", "n", "vq"),
    "virtio_notify": ("vdev", "vq"),
    "virtio_notify_irqfd": ("vdev", "vq"),
    "virtio_set_status": ("vdev", "val"),
    "virtio_blk_rw_complete": ("vdev", "req", "ret"),
    "virtio_blk_handle_read": ("vdev", "req", "sector", "nsectors"),
    "virtio_blk_handle_write": ("vdev", "req", "sector", "nsectors"),
    "virtio_mmio_write_offset": ("offset", "value"),
    "virtio_pci_notify_write": ("addr", "val", "size"),
    "css_adapter_interrupt": ("isc",),
    "vtd_iotlb_page_hit": ("sid", "addr", "slpte", "domain"),
    "vtd_iotlb_page_update": ("sid", "addr", "slpte", "domain"),
    "vtd_inv_desc_iotlb_pages": ("domain", "addr", "mask"),
}
LINE = re.compile(r"(\d+)@(\d+)\.(\d{6}):(\w+) (.*)")
NUMBER = re.compile(r"0x[0-9a-f]+|\(nil\)|-?\b\d+\b")
MAGIC = 0xC1FC1FC1

METADATA = """/* CTF 1.8 */
typealias integer {{ size = 8; align = 8; signed = false; }} := uint8_t;
typealias integer {{ size = 16; align = 8; signed = false; }} := uint16_t;
typealias integer {{ size = 32; align = 8; signed = false; }} := uint32_t;
typealias integer {{ size = 32; align = 8; signed = true; }} := int32_t;
typealias integer {{ size = 64; align = 8; signed = false; base = 16; }} := uint64_t;
trace {{ major = 1; minor = 8; byte_order = le; packet.header := struct {{ uint32_t magic; uint32_t stream_id; }}; }};
env {{ domain = "ust"; tracer_name = "qemu-log"; tracer_major = 1; tracer_minor = 0; }};
clock {{ name = "realtime"; description = "wall clock, us"; freq = 1000000000; offset = {offset}; absolute = true; }};
typealias integer {{ size = 64; align = 8; signed = false; map = clock.realtime.value; }} := time_t;
stream {{
  id = 0;
  packet.context := struct {{
    time_t timestamp_begin; time_t timestamp_end; uint64_t content_size; uint64_t packet_size;
  }};
  event.header := struct {{ uint16_t id; time_t timestamp; }};
  event.context := struct {{ int32_t _vtid; }};
}};
"""


def lines(path):
    """(thread, time in ns, event, values) of each line that is one of EVENTS."""
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            match = LINE.match(line)
            if not match or match[4] not in EVENTS:
                continue
            numbers = [0 if word == "(nil)" else int(word, 0) for word in NUMBER.findall(match[5])]
            fields = EVENTS[match[4]]
            if len(numbers) >= len(fields):
                yield int(match[1]), (int(match[2]) * 1_000_000 + int(match[3])) * 1000, match[4], numbers[
                    : len(fields)
                ]


def convert(log, folder):
    """Writes the CTF trace; returns the number of events."""
    events = sorted(lines(log), key=lambda event: event[1])
    folder.mkdir(parents=True, exist_ok=True)
    origin = events[0][1] if events else 0
    ids = {name: number for number, name in enumerate(EVENTS)}
    text = METADATA.format(offset=origin)
    for name, fields in EVENTS.items():
        members = " ".join(f"uint64_t _{field};" for field in fields)
        text += (
            f'event {{ name = "qemu:{name}"; id = {ids[name]}; stream_id = 0; fields := struct {{ {members} }}; }};\n'
        )
    (folder / "metadata").write_text(text)
    body = bytearray()
    for thread, time, name, values in events:
        body += struct.pack("<HQi", ids[name], time - origin, thread)
        body += struct.pack(f"<{len(values)}Q", *(value & 0xFFFFFFFFFFFFFFFF for value in values))
    size = (8 + 32 + len(body)) * 8
    last = events[-1][1] - origin if events else 0
    header = struct.pack("<II", MAGIC, 0) + struct.pack("<QQQQ", 0, last, size, size)
    (folder / "stream").write_bytes(header + bytes(body))
    return len(events)
