// SPDX-License-Identifier: GPL-2.0-or-later
#include "samples/simulate/driver.hpp"

namespace descry::simulate {

namespace {

constexpr std::uint64_t kToDevice = 1, kFromDevice = 2;
constexpr std::uint64_t kBounceOffset = 0x40000000;  // where the bounce slot of a buffer lies, as seen by the device

}  // namespace

std::uint64_t Driver::takeIova() {
  if (m_freeIovas.empty()) {
    m_nextIova -= static_cast<std::uint64_t>(spec().pageBytes);
    m_freeIovas.push_back(m_nextIova);
  }
  const std::uint64_t iova = m_freeIovas.back();
  m_freeIovas.pop_back();
  return iova;
}

Task Driver::mapSegments(std::size_t index) {
  const std::int64_t outs = m_world.chain(index).outCount, count = outs + m_world.chain(index).inCount;
  for (std::int64_t segment = 0; segment < count; ++segment) {
    const std::uint64_t page = m_nextPage++ % static_cast<std::uint64_t>(spec().workingSet);
    const std::uint64_t physical = 0x100000000U + static_cast<std::uint64_t>(m_ring.id) * 0x10000000U +
                                   page * static_cast<std::uint64_t>(spec().pageBytes);
    co_await mapSegment(index, physical, segment < outs);
  }
}

Task Driver::mapSegment(std::size_t index, std::uint64_t physical, bool toDevice) {
  std::uint64_t iova = physical;
  if (spec().dma == DmaKind::Iommu) iova = takeIova();
  if (spec().dma == DmaKind::Swiotlb) iova = physical + kBounceOffset;
  m_world.chain(index).iovas.push_back(iova);
  if (spec().dma == DmaKind::None) co_return;
  const std::uint64_t direction = toDevice ? kToDevice : kFromDevice;
  const auto bytes = static_cast<std::uint64_t>(spec().segmentBytes);
  const Ns entered = m_world.engine.now();
  Ns copying = 0;
  event(EventKind::DmaMap, {{Field::Length, bytes}, {Field::Direction, direction}});
  co_await m_cpu.spend(sample(spec().map));
  if (spec().dma == DmaKind::Swiotlb) {
    event(EventKind::SwiotlbBounced, {{Field::Length, bytes}, {Field::Address, physical}});
    event(EventKind::SwiotlbMap, {{Field::Length, bytes}, {Field::Address, physical}, {Field::Direction, direction}});
    co_await m_cpu.spend(sample(spec().bounceSearch));
    const Ns copy = m_world.engine.now();
    event(EventKind::SwiotlbCopy, {{Field::Length, bytes}, {Field::Physical, iova}, {Field::Direction, kToDevice}});
    co_await m_cpu.spend(sample(spec().bounceCopy));
    const Ns copied = m_world.engine.now();
    event(EventKind::SwiotlbCopyReturn, {});
    co_await m_cpu.spend(30);
    event(EventKind::SwiotlbMapReturn, {{Field::Physical, iova}});
    copying = copied - copy;
    co_await m_cpu.spend(20);
  }
  if (spec().dma == DmaKind::Iommu) {
    co_await m_cpu.spend(sample(spec().iommuMap));
    event(EventKind::IommuMap, {{Field::Iova, iova},
                                {Field::Length, static_cast<std::uint64_t>(spec().pageBytes)},
                                {Field::Physical, physical}});
    co_await m_cpu.spend(40);
  }
  // Newer kernels have a tracepoint with both addresses, older ones the return of the mapping function.
  const EventId mapped = spec().returnFields ? event(EventKind::DmaMapped, {{Field::Length, bytes},
                                                                            {Field::Iova, iova},
                                                                            {Field::Physical, physical},
                                                                            {Field::Direction, direction}})
                                             : event(EventKind::DmaMapReturn, {{Field::Iova, iova}});
  // A mapping that bounces or that fills the guest's IOMMU does nothing else: the whole call is the price of that.
  ChainTruth& chain = m_world.chain(index);
  const Ns span = m_world.engine.now() - entered;
  if (spec().dma == DmaKind::Iommu) chain.iommuMap += span;
  if (spec().dma == DmaKind::Swiotlb) {
    chain.swiotlbOut += span;
    chain.swiotlbSearch += span - copying;
    ++chain.bounces;
  }
  mark(index, Point::M, mapped);
}

Task Driver::unmapSegments(std::size_t index) {
  const std::vector<std::uint64_t> iovas = m_world.chain(index).iovas;
  const std::int64_t outs = m_world.chain(index).outCount;
  std::int64_t segment = 0;
  for (const std::uint64_t iova : iovas) co_await unmapSegment(index, iova, segment++ < outs);
}

Task Driver::unmapSegment(std::size_t index, std::uint64_t iova, bool toDevice) {
  const std::uint64_t direction = toDevice ? kToDevice : kFromDevice;
  const auto bytes = static_cast<std::uint64_t>(spec().segmentBytes);
  const Ns entered = m_world.engine.now();
  const EventId unmap =
      event(EventKind::DmaUnmap, {{Field::Length, bytes}, {Field::Iova, iova}, {Field::Direction, direction}});
  if (m_world.chain(index)[Point::D] == kUnseen) mark(index, Point::D, unmap);
  co_await m_cpu.spend(sample(spec().map));
  if (spec().dma == DmaKind::Swiotlb) {
    if (!toDevice) {
      event(EventKind::SwiotlbCopy, {{Field::Length, bytes}, {Field::Physical, iova}, {Field::Direction, kFromDevice}});
      co_await m_cpu.spend(sample(spec().bounceCopy));
      event(EventKind::SwiotlbCopyReturn, {});
      ++m_world.chain(index).copiesBack;
    }
    co_await m_cpu.spend(25);
    event(EventKind::SwiotlbUnmap, {{Field::Length, bytes}, {Field::Physical, iova}, {Field::Direction, direction}});
    co_await m_cpu.spend(60);
    event(EventKind::SwiotlbUnmapReturn, {});
    co_await m_cpu.spend(15);
  }
  if (spec().dma == DmaKind::Iommu) {
    co_await m_cpu.spend(sample(spec().iommuUnmap));
    event(EventKind::IommuUnmap, {{Field::Iova, iova}, {Field::Length, static_cast<std::uint64_t>(spec().pageBytes)}});
    // The queued invalidation is waited for in place: that is what strict mode means.
    if (spec().invalidate)
      co_await m_world.deviceOf(m_ring).invalidate(m_ring, iova, m_world.exitContext(m_cpu.context()));
    co_await m_cpu.spend(40);
    m_freeIovas.push_back(iova);
  }
  if (spec().returnFields)
    event(EventKind::DmaUnmapped, {{Field::Length, bytes}, {Field::Iova, iova}, {Field::Direction, direction}});
  else
    event(EventKind::DmaUnmapReturn, {});
  const Ns span = m_world.engine.now() - entered;
  if (spec().dma == DmaKind::Iommu) m_world.chain(index).iommuUnmap += span;
  if (spec().dma == DmaKind::Swiotlb) m_world.chain(index).swiotlbIn += span;
}

}  // namespace descry::simulate
