// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU's own trace events: the userspace devices' side of the ring, vIOMMU, transports.
#include "collector/decode/decoders.hpp"

namespace descry {

namespace {

constexpr std::uint64_t kMaxIndex = 0xffff;
constexpr std::uint64_t kMmioQueueNotify = 0x50;  // register QueueNotify of virtio-mmio

std::optional<Implausible> check(Event& event) {
  if (auto found = above(event, kMaxIndex, Field::Queue, Field::Out, Field::In, Field::Avail, Field::Head))
    return found;
  switch (event.kind) {
    case EventKind::QemuFlush:
      return above(event, Field::Count, kMaxIndex);
    case EventKind::QemuStatus:
      return above(event, Field::Value, 0xff);
    case EventKind::QemuMmioNotify:
      // The same trace event reports every register; only one of them is the doorbell.
      if (event[Field::Address] != kMmioQueueNotify) event.kind = EventKind::Context;
      return {};
    default:
      return {};
  }
}

}  // namespace

EventFamily qemuEvents() {
  using enum Field;
  return {{{EventKind::QemuQueue, "QemuQueue", fieldBits(Device, Queue, Vq, Process),
            fieldBits(Ring, Features, Size, Value)},
           {EventKind::QemuNotify, "QemuNotify", fieldBits(Device, Queue, Vq), fieldBits(Value, Process)},
           {EventKind::QemuPop, "QemuPop", fieldBits(Vq, Element), fieldBits(Out, In, Avail, Packed, Head, Process)},
           {EventKind::QemuUnpop, "QemuUnpop", fieldBits(Vq), fieldBits(Element, Count, Process)},
           {EventKind::QemuFill, "QemuFill", fieldBits(Vq, Element), fieldBits(Length, Value, Process)},
           {EventKind::QemuFlush, "QemuFlush", fieldBits(Vq, Count), fieldBits(Process)},
           {EventKind::QemuInterrupt, "QemuInterrupt", fieldBits(Device, Vq), fieldBits(Process)},
           {EventKind::QemuStatus, "QemuStatus", fieldBits(Device, Value), fieldBits(Process)},
           {EventKind::QemuBackendDone, "QemuBackendDone", fieldBits(Element), fieldBits(Device, Result)},
           {EventKind::QemuBlockRequest, "QemuBlockRequest", fieldBits(Element), fieldBits(Device, Value, Count)},
           {EventKind::QemuIommuHit, "QemuIommuHit", fieldBits(Value, Iova), fieldBits(Address)},
           {EventKind::QemuIommuMiss, "QemuIommuMiss", fieldBits(Value, Iova), fieldBits(Address)},
           {EventKind::QemuIommuInvalidate, "QemuIommuInvalidate", fieldBits(Iova), fieldBits(Value, Count)},
           {EventKind::QemuCcwDevice, "QemuCcwDevice", fieldBits(Value), 0},
           {EventKind::QemuMmioNotify, "QemuMmioNotify", fieldBits(Address, Value), 0},
           {EventKind::QemuPciNotify, "QemuPciNotify", fieldBits(Value), fieldBits(Address)}},
          check};
}

}  // namespace descry
