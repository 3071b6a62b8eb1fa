// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "schemas/model/points.hpp"

namespace descry {

/// What one trace event means, independent of its tracer. schemas/sql/aliases.txt maps names of trace events to these
/// kinds.
enum class EventKind : std::uint8_t {
  // guest: ring (decode/guest_ring.cpp)
  GuestAdd,
  GuestAddReturn,
  GuestGet,
  GuestGetReturn,
  GuestKickPrepare,
  GuestKickPrepareReturn,
  GuestNotify,
  GuestNotifyReturn,
  GuestInterrupt,
  GuestInterruptReturn,
  GuestRecord,  // decode/descry_provider.cpp: the values are in Batch::records
  GuestQueueDelete,
  // guest: DMA, IOMMU and swiotlb (decode/guest_dma.cpp)
  DmaMap,
  DmaMapReturn,
  DmaMapped,
  DmaUnmap,
  DmaUnmapReturn,
  DmaUnmapped,
  DmaSync,
  IommuMap,
  IommuUnmap,
  SwiotlbBounced,
  SwiotlbMap,
  SwiotlbMapReturn,
  SwiotlbCopy,
  SwiotlbCopyReturn,
  SwiotlbUnmap,
  SwiotlbUnmapReturn,
  SwiotlbSync,
  SwiotlbSyncReturn,
  GuestMarker,
  // host: kernel vhost (decode/vhost.cpp)
  VhostOwner,
  VhostRingIoctl,
  VhostKick,
  VhostHandle,
  VhostHandleReturn,
  VhostPrefetch,
  VhostPrefetchReturn,
  VhostFetch,
  VhostFetchReturn,
  VhostDiscard,
  VhostUsed,
  VhostUsedReturn,
  VhostSignal,
  VhostEventfd,
  VhostDisableNotify,
  VhostEnableNotifyReturn,
  VhostMiss,
  VhostEnqueueMessage,
  VhostReadReturn,
  VhostWrite,
  VhostWriteReturn,
  VhostIotlbAdd,
  VhostIotlbDelete,
  HostRecord,  // decode/descry_provider.cpp
  // host: QEMU (decode/qemu.cpp)
  QemuQueue,
  QemuNotify,
  QemuPop,
  QemuUnpop,
  QemuFill,
  QemuFlush,
  QemuInterrupt,
  QemuStatus,
  QemuBackendDone,
  QemuBlockRequest,
  QemuIommuHit,
  QemuIommuMiss,
  QemuIommuInvalidate,
  QemuCcwDevice,
  QemuMmioNotify,
  QemuPciNotify,
  // host: KVM (decode/kvm.cpp)
  KvmEntry,
  KvmExit,
  KvmVmmExit,
  KvmWakeup,
  KvmAccept,
  KvmInject,
  // either side (decode/descry_provider.cpp, decode/sched.cpp, decode/context.cpp)
  CaptureRecord,
  SchedSwitch,
  SchedWakeup,
  Context,  // understood and deliberately not used
};

inline constexpr std::size_t kEventKinds = static_cast<std::size_t>(EventKind::Context) + 1;

/// Values an event can carry. One flat list: a kind uses the few that make sense for it.
enum class Field : std::uint8_t {
  Device,       ///< guest: number of virtioN; QEMU: address of the device
  Queue,        ///< queue index
  Vq,           ///< address of the queue object
  Avail,        ///< avail index before this event, modulo 65536
  PackedAvail,  ///< slot of the packed ring
  Head,         ///< head descriptor
  Out,          ///< segments or lists the device reads
  In,           ///< segments or lists the device writes
  Token,        ///< driver's cookie of the chain
  Element,      ///< QEMU's element or request
  Used,         ///< used index before this event, modulo 65536
  Length,       ///< bytes
  Result,       ///< return value (sign-extended)
  Count,        ///< how many
  Packed,       ///< 1: packed ring
  UsesDma,      ///< 1: the ring uses the DMA API
  Size,         ///< ring entries
  Ring,         ///< ring address
  HostDevice,   ///< address of the vhost device
  Vq0,
  Vq1,       ///< addresses of a vhost device's queues
  Features,  ///< feature bits
  Pointer,   ///< wait, work, eventfd context, list head: see the kind
  Call,      ///< eventfd context of the queue's interrupt
  Address,   ///< what an IOVA maps to; what a bounce copies
  Iova,
  Last,       ///< first and last address of a range
  Physical,   ///< physical address
  Direction,  ///< 1 to device, 2 from device, 0 both
  Value,      ///< anything else the kind says
  Previous,
  Next,     ///< thread ids
  Process,  ///< QEMU whose addresses these are
  kCount
};

inline constexpr std::size_t kFields = static_cast<std::size_t>(Field::kCount);

/// A bit per Field.
using FieldSet = std::uint64_t;

constexpr FieldSet fieldBit(Field field) {
  return FieldSet{1} << static_cast<unsigned>(field);
}
static_assert(kFields <= 64);

/// One decoded event. Plain, because it crosses threads in batches; two cache lines long, because there are many.
struct Event {
  static constexpr std::size_t kMaxValues = 12;

  Ns ns = 0;             ///< time on the trace's own clock
  std::int32_t tid = 0;  ///< thread that was running; 0 = idle or not known
  std::uint16_t cpu = 0;
  EventKind kind = EventKind::Context;
  std::uint8_t variant = 0;  ///< EventVariant bits of the alias that matched
  FieldSet present = 0;
  std::uint32_t text = 0;                          ///< 1 + index into Batch::texts; 0: none
  std::uint32_t record = 0;                        ///< 1 + index into Batch::records; 0: none
  std::array<std::uint64_t, kMaxValues> values{};  ///< in the order of the Field bits set in `present`

  bool has(Field field) const { return (present & fieldBit(field)) != 0; }
  /// The value of a field that has() says is there.
  std::uint64_t operator[](Field field) const {
    return values[static_cast<std::size_t>(std::popcount(present & (fieldBit(field) - 1)))];
  }
  std::uint64_t get(Field field, std::uint64_t otherwise) const { return has(field) ? (*this)[field] : otherwise; }
  /// Fields must be set in ascending order of Field.
  void append(Field field, std::uint64_t value) {
    values[static_cast<std::size_t>(std::popcount(present))] = value;
    present |= fieldBit(field);
  }
};

static_assert(sizeof(Event) == 128);

/// Properties an alias gives to the event besides its kind.
enum EventVariant : std::uint8_t {
  kNoReturnProbe = 1,  ///< an entry event whose return is never recorded in this naming
  kReceive = 2,        ///< vhost handler or add of a receive queue
  kTransmit = 4,       ///< vhost handler or add of a transmit queue
  kTransportPci = 8,
  kTransportMmio = 16,
  kTransportCcw = 32,  ///< the event exists only on this transport
  kSocket = 64,        ///< vhost handler was started by the socket side
};

}  // namespace descry
