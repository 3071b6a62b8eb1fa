// SPDX-License-Identifier: GPL-2.0-or-later
// What the guest pays for the DMA API: mappings, the guest's IOMMU, swiotlb bounces; and markers written to the trace.
#include "collector/decode/decoders.hpp"

namespace descry {

namespace {

constexpr std::uint64_t kMaxLength = std::uint64_t{1} << 40U;
constexpr std::uint64_t kMaxDirection = 2;  // 3 is DMA_NONE, which is never mapped

std::optional<Implausible> check(Event& event) {
  if (auto found = above(event, Field::Direction, kMaxDirection)) return found;
  if (event.has(Field::Length) && (event[Field::Length] == 0 || event[Field::Length] > kMaxLength))
    return Implausible{"Length", event[Field::Length]};
  return {};
}

}  // namespace

EventFamily guestDmaEvents() {
  using enum Field;
  constexpr FieldSet piece = fieldBits(Length, Direction, Pointer);
  return {{{EventKind::DmaMap, "DmaMap", 0, piece | fieldBits(Value)},
           {EventKind::DmaMapReturn, "DmaMapReturn", 0, fieldBits(Iova)},
           {EventKind::DmaMapped, "DmaMapped", fieldBits(Iova, Physical, Length), fieldBits(Direction)},
           {EventKind::DmaUnmap, "DmaUnmap", 0, piece | fieldBits(Iova)},
           {EventKind::DmaUnmapReturn, "DmaUnmapReturn", 0, 0},
           {EventKind::DmaUnmapped, "DmaUnmapped", fieldBits(Iova, Length), fieldBits(Direction)},
           {EventKind::DmaSync, "DmaSync", fieldBits(Iova, Length), fieldBits(Direction)},
           {EventKind::IommuMap, "IommuMap", fieldBits(Iova, Length), fieldBits(Physical)},
           {EventKind::IommuUnmap, "IommuUnmap", fieldBits(Iova, Length), fieldBits(Count)},
           {EventKind::SwiotlbBounced, "SwiotlbBounced", fieldBits(Address, Length), fieldBits(Value)},
           {EventKind::SwiotlbMap, "SwiotlbMap", 0, piece | fieldBits(Address)},
           {EventKind::SwiotlbMapReturn, "SwiotlbMapReturn", 0, fieldBits(Physical)},
           {EventKind::SwiotlbCopy, "SwiotlbCopy", 0, piece | fieldBits(Physical)},
           {EventKind::SwiotlbCopyReturn, "SwiotlbCopyReturn", 0, 0},
           {EventKind::SwiotlbUnmap, "SwiotlbUnmap", 0, piece | fieldBits(Physical)},
           {EventKind::SwiotlbUnmapReturn, "SwiotlbUnmapReturn", 0, 0},
           {EventKind::SwiotlbSync, "SwiotlbSync", 0, piece | fieldBits(Physical)},
           {EventKind::SwiotlbSyncReturn, "SwiotlbSyncReturn", 0, 0},
           {EventKind::GuestMarker, "GuestMarker", 0, 0}},
          check};
}

}  // namespace descry
