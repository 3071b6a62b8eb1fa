// SPDX-License-Identifier: GPL-2.0-or-later
// The DMA part of the guest fold: mappings, IOMMU work and bounces belong to the add or get around them.
#include "collector/fold/guest_fold.hpp"

namespace descry {

void GuestFold::handleDma(const Event& event) {
  TaskStack& stack = m_stacks.of(event);
  Frame* ring = stack.ring();
  if (ring == nullptr) return;  // mapped outside of add and get (premapped buffers): belongs to no chain
  ++ring->hits;
  switch (event.kind) {
    case EventKind::DmaMap:
    case EventKind::DmaUnmap: {
      const bool map = event.kind == EventKind::DmaMap;
      if (!map && !seen(ring->firstUnmap)) ring->firstUnmap = m_now;
      Frame frame;
      frame.kind = map ? FrameKind::DmaMap : FrameKind::DmaUnmap;
      frame.entered = m_now;
      Frame lost;
      if (stack.findInRing(frame.kind) != nullptr) stack.popTo(frame.kind, lost);
      stack.push(frame);
      return;
    }
    case EventKind::DmaMapped:
      ++ring->dmaMaps;
      if (event.has(Field::Physical) && event.has(Field::Iova) && event[Field::Physical] == event[Field::Iova])
        ++ring->dmaIdentity;
      return mapped(stack);
    case EventKind::DmaMapReturn:
      return mapped(stack);
    case EventKind::DmaUnmapReturn:
    case EventKind::DmaUnmapped:
      return unmapped(stack);
    case EventKind::IommuMap:
    case EventKind::IommuUnmap:
      if (!stack.empty() && !isRing(stack.top().kind)) stack.top().touchedIommu = true;
      return;
    case EventKind::SwiotlbBounced:
      ++ring->bounces;
      ring->bounceBytes += static_cast<std::int64_t>(event.get(Field::Length, 0));
      ring->bouncedAt = m_now;
      return;
    case EventKind::SwiotlbMap:
    case EventKind::SwiotlbUnmap:
    case EventKind::SwiotlbSync:
      return enterSwiotlb(stack, FrameKind::Swiotlb, event);
    case EventKind::SwiotlbCopy:
      return enterSwiotlb(stack, FrameKind::SwiotlbCopy, event);
    case EventKind::SwiotlbMapReturn:
    case EventKind::SwiotlbUnmapReturn:
    case EventKind::SwiotlbSyncReturn:
      return leaveSwiotlb(stack, FrameKind::Swiotlb);
    case EventKind::SwiotlbCopyReturn:
      return leaveSwiotlb(stack, FrameKind::SwiotlbCopy);
    default:
      --ring->hits;
      return;
  }
}

void GuestFold::closeDma(TaskStack& stack, FrameKind kind) {
  Frame frame;
  const bool open = stack.findInRing(kind) != nullptr && stack.popTo(kind, frame);
  Frame& ring = *stack.ring();
  const bool bounced = open && (frame.swiotlbInside > 0 || seen(ring.bouncedAt));
  if (open && frame.touchedIommu) {
    ring.iommu += m_now - frame.entered - frame.swiotlbInside;
    ring.iommuSeen = true;
  } else if (bounced) {
    // A mapping that bounces does nothing else: its call as a whole is the price of the bounce.
    ring.swiotlb += m_now - frame.entered - frame.swiotlbInside;
    ring.swiotlbSeen = true;
  } else if (seen(ring.bouncedAt)) {
    // Only the tracepoint was recorded: from the bounce to the end of the mapping is search and copy.
    ring.swiotlb += m_now - ring.bouncedAt;
    ring.swiotlbSeen = true;
  }
  ring.bouncedAt = kUnseen;
}

void GuestFold::mapped(TaskStack& stack) {
  closeDma(stack, FrameKind::DmaMap);
  stack.ring()->lastMapped = m_now;
}

void GuestFold::unmapped(TaskStack& stack) {
  closeDma(stack, FrameKind::DmaUnmap);
  Frame& ring = *stack.ring();
  if (!seen(ring.firstUnmap)) ring.firstUnmap = m_now;
}

void GuestFold::enterSwiotlb(TaskStack& stack, FrameKind kind, const Event& event) {
  Frame* ring = stack.ring();
  if (event.kind == EventKind::SwiotlbMap && !seen(ring->bouncedAt)) {
    // No tracepoint came before: this probe is the only witness of the bounce.
    ++ring->bounces;
    ring->bounceBytes += static_cast<std::int64_t>(event.get(Field::Length, 0));
  }
  ring->bouncedAt = kUnseen;
  if (ring->kind == FrameKind::Get && !seen(ring->firstUnmap)) ring->firstUnmap = m_now;
  if (kind == FrameKind::SwiotlbCopy) {
    ++ring->copies;
    ring->copyBytes += static_cast<std::int64_t>(event.get(Field::Length, 0));
  }
  Frame frame;
  frame.kind = kind;
  frame.entered = m_now;
  stack.push(frame);
}

void GuestFold::leaveSwiotlb(TaskStack& stack, FrameKind kind) {
  Frame frame;
  if (stack.findInRing(kind) == nullptr || !stack.popTo(kind, frame)) return;
  Frame& ring = *stack.ring();
  const Ns span = m_now - frame.entered;
  ring.swiotlbSeen = true;
  const bool inside = stack.findInRing(FrameKind::Swiotlb) != nullptr;
  if (kind == FrameKind::SwiotlbCopy) ring.swiotlbCopy += span;
  if (!inside) {
    ring.swiotlb += span;
    for (const FrameKind outer : {FrameKind::DmaMap, FrameKind::DmaUnmap})
      if (Frame* dma = stack.findInRing(outer); dma != nullptr) dma->swiotlbInside += span;
  }
  if (ring.kind == FrameKind::Add) ring.lastMapped = m_now;
}

}  // namespace descry
