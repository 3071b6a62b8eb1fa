// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/event_names.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace descry::simulate {

namespace {

enum class Print { Decimal, Signed, Hex };

struct NamedField {
  Field field = Field::kCount;
  std::string_view name;
  Print print = Print::Decimal;
};

struct Naming {
  EventKind kind;
  std::string_view name;
  std::array<NamedField, 9> fields{};
};

using enum EventKind;
constexpr NamedField kDevice{Field::Device, "dev"}, kQueue{Field::Queue, "q"}, kVq{Field::Vq, "vq", Print::Hex},
    kHostDevice{Field::HostDevice, "hdev", Print::Hex}, kAvail{Field::Avail, "avail"}, kUsed{Field::Used, "used"},
    kLength{Field::Length, "size"}, kDirection{Field::Direction, "dir"}, kResult{Field::Result, "ret", Print::Signed},
    kElement{Field::Element, "elem", Print::Hex}, kVdev{Field::Device, "vdev", Print::Hex};

constexpr Naming kNamings[] = {
    {GuestAdd,
     "descry:add_sgs",
     {{kDevice,
       kQueue,
       kVq,
       kAvail,
       {Field::PackedAvail, "pavail"},
       {Field::Head, "free_head"},
       {Field::Out, "out"},
       {Field::In, "in"},
       {Field::Token, "token", Print::Hex}}}},
    {GuestAddReturn, "descry:add_sgs_ret", {{kResult}}},
    {GuestGet, "descry:get", {{kDevice, kQueue, kVq, kUsed}}},
    {GuestGetReturn, "descry:get_ret", {{kUsed, {Field::Length, "len"}, {Field::Token, "token", Print::Hex}}}},
    {GuestKickPrepare,
     "descry:kick",
     {{kDevice,
       kQueue,
       kVq,
       {Field::Count, "num_added"},
       {Field::Packed, "packed"},
       {Field::UsesDma, "use_dma"},
       {Field::Size, "num"},
       {Field::Ring, "ring", Print::Hex}}}},
    {GuestKickPrepareReturn, "descry:kick_ret", {{{Field::Result, "need"}}}},
    {GuestNotify, "descry:notify", {{kDevice, kQueue, kVq}}},
    {GuestNotifyReturn, "descry:notify_ret", {{kResult}}},
    {GuestInterrupt, "descry:irq", {{kDevice, kQueue, kVq}}},
    {GuestInterruptReturn, "descry:irq_ret", {{kResult}}},
    {DmaMap, "descry:dma_map", {{kLength, kDirection}}},
    {DmaMapReturn, "descry:dma_map_ret", {{{Field::Iova, "dma", Print::Hex}}}},
    {DmaMapped, "dma:dma_map_page", {}},
    {DmaUnmap, "descry:dma_unmap", {{{Field::Iova, "dma", Print::Hex}, kLength, kDirection}}},
    {DmaUnmapReturn, "descry:dma_unmap_ret", {}},
    {DmaUnmapped, "dma:dma_unmap_page", {}},
    {IommuMap, "iommu:map", {}},
    {IommuUnmap, "iommu:unmap", {}},
    {SwiotlbBounced, "swiotlb:swiotlb_bounced", {}},
    {SwiotlbMap, "descry:sw_map", {{{Field::Address, "orig", Print::Hex}, kLength, kDirection}}},
    {SwiotlbMapReturn, "descry:sw_map_ret", {{{Field::Physical, "tlb", Print::Hex}}}},
    {SwiotlbCopy, "descry:sw_copy", {{{Field::Physical, "tlb", Print::Hex}, kLength, kDirection}}},
    {SwiotlbCopyReturn, "descry:sw_copy_ret", {}},
    {SwiotlbUnmap, "descry:sw_unmap", {{{Field::Physical, "tlb", Print::Hex}, kLength, kDirection}}},
    {SwiotlbUnmapReturn, "descry:sw_unmap_ret", {}},
    {VhostOwner, "vhost:set_owner", {{kHostDevice}}},
    {VhostRingIoctl,
     "vhost:vring_ioctl",
     {{kHostDevice,
       {Field::Value, "cmd", Print::Hex},
       {Field::Queue, "index"},
       {Field::Count, "num"},
       {Field::Vq0, "vq0", Print::Hex},
       {Field::Vq1, "vq1", Print::Hex}}}},
    {VhostKick, "vhost:kick", {{{Field::Pointer, "wait", Print::Hex}}}},
    {VhostHandle, "vhost:tx_kick", {{{Field::Pointer, "work", Print::Hex}}}},
    {VhostHandleReturn, "vhost:tx_kick_ret", {}},
    {VhostPrefetch, "vhost:prefetch", {{kVq, kAvail}}},
    {VhostPrefetchReturn, "vhost:prefetch_ret", {{kVq, kResult}}},
    {VhostFetch,
     "vhost:get_desc",
     {{kVq,
       kAvail,
       kUsed,
       kHostDevice,
       {Field::Vq0, "vq0", Print::Hex},
       {Field::Vq1, "vq1", Print::Hex},
       {Field::Size, "num"},
       {Field::Ring, "ring", Print::Hex},
       {Field::Features, "features"}}}},
    {VhostFetchReturn, "vhost:get_desc_ret", {{kVq, kAvail, kResult, {Field::Out, "out"}, {Field::In, "in"}}}},
    {VhostUsed,
     "vhost:add_used",
     {{kVq,
       kUsed,
       {Field::Count, "count"},
       {Field::Head, "id0"},
       {Field::Length, "len0"},
       {Field::Call, "call", Print::Hex}}}},
    {VhostUsedReturn, "vhost:add_used_ret", {{kVq, kResult}}},
    {VhostEventfd, "vhost:eventfd", {{{Field::Pointer, "ctx", Print::Hex}}}},
    {VhostDisableNotify, "vhost:disable_notify", {{kHostDevice, kVq}}},
    {VhostEnableNotifyReturn, "vhost:enable_notify_ret", {{kVq, kResult}}},
    {VhostMiss, "vhost:miss", {{kVq, {Field::Iova, "iova", Print::Hex}}}},
    {VhostReadReturn, "vhost:chr_read_ret", {{kHostDevice, kResult}}},
    {VhostWrite, "vhost:chr_write", {{kHostDevice}}},
    {VhostWriteReturn, "vhost:chr_write_ret", {{kHostDevice, {Field::Result, "ret"}}}},
    {VhostIotlbAdd,
     "vhost:iotlb_add",
     {{{Field::Iova, "start", Print::Hex}, {Field::Last, "last", Print::Hex}, {Field::Address, "addr", Print::Hex}}}},
    {VhostIotlbDelete, "vhost:iotlb_del", {{{Field::Iova, "start", Print::Hex}, {Field::Last, "last", Print::Hex}}}},
    {QemuNotify, "qemu:virtio_queue_notify", {{kVdev, {Field::Queue, "n"}, kVq}}},
    {QemuPop, "qemu:virtqueue_pop", {{kVq, kElement, {Field::In, "in_num"}, {Field::Out, "out_num"}}}},
    {QemuFill, "qemu:virtqueue_fill", {{kVq, kElement, {Field::Length, "len"}, {Field::Value, "idx"}}}},
    {QemuFlush, "qemu:virtqueue_flush", {{kVq, {Field::Count, "count"}}}},
    {QemuInterrupt, "qemu:virtio_notify", {{kVdev, kVq}}},
    {QemuStatus, "qemu:virtio_set_status", {{kVdev, {Field::Value, "val"}}}},
    {QemuBackendDone, "qemu:virtio_blk_rw_complete", {{{Field::Element, "req", Print::Hex}}}},
    {QemuIommuHit, "qemu:vtd_iotlb_page_hit", {{{Field::Value, "sid", Print::Hex}, {Field::Iova, "addr", Print::Hex}}}},
    {QemuIommuMiss,
     "qemu:vtd_iotlb_page_update",
     {{{Field::Value, "sid", Print::Hex}, {Field::Iova, "addr", Print::Hex}}}},
    {QemuIommuInvalidate,
     "qemu:vtd_inv_desc_iotlb_pages",
     {{{Field::Value, "domain", Print::Hex}, {Field::Iova, "addr", Print::Hex}}}},
};

const Naming* namingOf(EventKind kind) {
  for (const Naming& naming : kNamings)
    if (naming.kind == kind) return &naming;
  return nullptr;
}

constexpr std::string_view kDirections[] = {"BIDIRECTIONAL", "TO_DEVICE", "FROM_DEVICE"};

/// Tracepoints of the kernel print their fields in their own ways.
std::string tracepointText(const Event& event) {
  const std::uint64_t iova = event.get(Field::Iova, 0), length = event.get(Field::Length, 0);
  const std::string_view direction = kDirections[event.get(Field::Direction, 0) % 3];
  switch (event.kind) {
    case DmaMapped:
      return fmt::format("0000:00:01.0 dir={} dma_addr={:x} size={} phys_addr={:x} attrs=", direction, iova, length,
                         event.get(Field::Physical, 0));
    case DmaUnmapped:
      return fmt::format("0000:00:01.0 dir={} dma_addr={:x} size={} attrs=", direction, iova, length);
    case SwiotlbBounced:
      return fmt::format("dev_name: 0000:00:01.0 dma_mask=ffffffffffffffff dev_addr={:x} size={} FORCE",
                         event.get(Field::Address, 0), length);
    case IommuMap:
      return fmt::format("IOMMU: iova=0x{:016x} - 0x{:016x} paddr=0x{:016x} size={}", iova, iova + length,
                         event.get(Field::Physical, 0), length);
    case IommuUnmap:
      return fmt::format("IOMMU: iova=0x{:016x} - 0x{:016x} size={} unmapped_size={}", iova, iova + length, length,
                         length);
    default:
      return {};
  }
}

}  // namespace

std::string_view eventName(EventKind kind, std::uint8_t variant) {
  if (kind == GuestAdd && variant != 0) return (variant & kReceive) != 0 ? "descry:add_inbuf_ctx" : "descry:add_outbuf";
  if (kind == VhostHandle || kind == VhostHandleReturn) {
    const bool back = kind == VhostHandleReturn;
    if ((variant & kSocket) != 0) return back ? "vhost:rx_net_ret" : "vhost:rx_net";
    if ((variant & kReceive) != 0) return back ? "vhost:rx_kick_ret" : "vhost:rx_kick";
  }
  const Naming* const naming = namingOf(kind);
  return naming == nullptr ? std::string_view{} : naming->name;
}

std::string fieldText(const Event& event) {
  const Naming* const naming = namingOf(event.kind);
  if (naming == nullptr) return {};
  if (naming->fields.front().name.empty()) return tracepointText(event);
  std::string text;
  for (const NamedField& field : naming->fields) {
    if (field.name.empty()) break;
    std::string_view name = field.name;
    if (event.kind == GuestAdd && event.variant != 0) {
      // The functions for one direction have one count.
      if (field.field == ((event.variant & kReceive) != 0 ? Field::Out : Field::In)) continue;
      if (field.field == Field::Out || field.field == Field::In) name = "num";
    }
    if (!event.has(field.field) && event.kind == GuestGetReturn) continue;
    const std::uint64_t value = event.get(field.field, 0);
    auto out = std::back_inserter(text);
    if (!text.empty()) text += ' ';
    if (field.print == Print::Hex)
      fmt::format_to(out, "{}=0x{:x}", name, value);
    else if (field.print == Print::Signed)
      fmt::format_to(out, "{}={}", name, static_cast<std::int32_t>(value));
    else
      fmt::format_to(out, "{}={}", name, value);
  }
  return text;
}

}  // namespace descry::simulate
