// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/packet_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "collector/source/ctf/files/ctf_losses.hpp"
#include "collector/source/ctf/packets/not_understood.hpp"

namespace descry {

namespace {

[[noreturn]] void refuse(const StreamFile& file, std::uint64_t offset, std::string_view why) {
  throw NotUnderstood(fmt::format("{}: packet at byte {}: {}", file.path().string(), offset, why));
}

CtfPacket packetAt(const TraceLayout& layout, const StreamFile& file, std::uint64_t offset,
                   std::vector<std::uint8_t>& buffer) {
  CtfPacket packet;
  if (readPacketHeader(layout, file, offset, packet, buffer) != CtfWalk::Done)
    refuse(file, offset, "its header is damaged");
  return packet;
}

void checkNext(const StreamFile& file, std::uint64_t offset, const CtfPacket& before, const CtfPacket& packet) {
  if (packet.stream != before.stream || packet.instance != before.instance)
    refuse(file, offset, "it belongs to another stream");
  if (packet.discarded.value_or(0) < before.discarded.value_or(0) ||
      packet.sequence.value_or(0) < before.sequence.value_or(0))
    refuse(file, offset, "its counters went back");
}

}  // namespace

CtfWalk readPacketHeader(const TraceLayout& layout, const StreamFile& file, std::uint64_t offset, CtfPacket& packet,
                         std::vector<std::uint8_t>& buffer) {
  constexpr std::size_t kUsual = 512;  // more than LTTng's and barectf's packets have before their first event
  constexpr std::size_t kMost = 65536;
  CtfWalk result = CtfWalk::Short;
  for (std::size_t size = kUsual; size <= kMost; size *= 2) {
    buffer.resize(size);
    const std::size_t got = file.read(offset, buffer.data(), size);
    packet = {};
    result = layout.readPacket(buffer.data(), got, packet);
    if (result != CtfWalk::Short || got < size) break;
  }
  return result;
}

StreamOverview surveyPackets(const TraceLayout& layout, const StreamFile& file,
                             const std::function<void(std::uint64_t offset, const CtfPacket& packet)>& each) {
  StreamOverview overview;
  std::vector<std::uint8_t> buffer;
  for (std::uint64_t offset = 0; offset < file.size();) {
    const CtfPacket packet = packetAt(layout, file, offset, buffer);
    if (packet.packetBits / 8 > file.size() - offset) refuse(file, offset, "it breaks off");
    if (packet.endCycles < packet.beginCycles) refuse(file, offset, "it ends before it begins");
    if (offset == 0)
      overview.firstPacket = packet;
    else
      checkNext(file, offset, overview.lastPacket, packet);
    if (each) each(offset, packet);
    overview.lastPacket = packet;
    overview.lastCycles = std::max(overview.lastCycles, packet.endCycles);
    offset += packet.packetBits / 8;
  }
  return overview;
}

PacketStream::PacketStream(const TraceLayout& layout, std::vector<StreamFile> files, std::size_t window)
    : m_layout(layout), m_frequency(layout.clock().frequency), m_files(std::move(files)), m_window(window) {}

Ns PacketStream::toNs(std::uint64_t cycles) const {
  return cyclesToNs(cycles, m_frequency);
}

bool PacketStream::breakOff(std::string reason) {
  m_broken = std::move(reason);
  return false;
}

bool PacketStream::advance(Batch& batch) {
  if (!m_broken.empty()) return false;
  while (!m_packet || m_cursor.at == m_packet->contentBits)
    if (!nextPacket(batch)) return false;
  if (!readEvent()) return false;
  ns = toNs(m_clock);
  return true;
}

bool PacketStream::nextPacket(Batch& batch) {
  if (m_packet) {
    m_offset = m_nextOffset;
    if (m_offset >= m_files[m_file].size()) {
      if (m_file + 1 == m_files.size()) return false;
      ++m_file;
      m_offset = 0;
    }
  }
  const StreamFile& file = m_files[m_file];
  CtfPacket packet;
  try {
    packet = packetAt(m_layout, file, m_offset, m_buffer);
  } catch (const NotUnderstood& changed) {  // the survey found it whole: somebody writes to the file
    return breakOff(changed.what());
  }
  m_nextOffset = m_offset + packet.packetBits / 8;
  reportDiscarded(packet, batch);
  m_packet = packet;
  if (packet.cpu) m_cpu = *packet.cpu;
  m_stream = &m_layout.stream(packet.stream);
  m_registers.resize(m_stream->registers());
  m_clock = packet.clockCycles;
  m_cursor = {};
  m_cursor.at = packet.headerBits;
  return packet.headerBits == packet.contentBits || refill(packet.headerBits);
}

/// As Babeltrace: between the end of the packet before and the end of this one; whole packets until its begin.
void PacketStream::reportDiscarded(const CtfPacket& packet, Batch& batch) const {
  const auto report = [&](LossRange loss, std::uint64_t begin, std::uint64_t end) {
    loss.begin = toNs(begin);
    loss.end = toNs(end);
    batch.losses.push_back(std::move(loss));
  };
  if (!m_packet) {
    // Discarded before or in the first packet: how many of them in it is not known.
    if (packet.discarded.value_or(0) != 0)
      report(discardedLoss(std::nullopt, false, m_cpu), packet.beginCycles, packet.endCycles);
    return;
  }
  if (packet.discarded && *packet.discarded != *m_packet->discarded)
    report(discardedLoss(*packet.discarded - *m_packet->discarded, false, m_cpu), m_packet->endCycles,
           packet.endCycles);
  if (packet.sequence && *packet.sequence - *m_packet->sequence > 1)
    report(discardedLoss(*packet.sequence - *m_packet->sequence - 1, true, m_cpu), m_packet->endCycles,
           packet.beginCycles);
}

bool PacketStream::readEvent() {
  while (true) {
    const std::uint64_t from = m_cursor.at, clock = m_clock;
    CtfWalk result = m_stream->readHeader(m_cursor, m_registers.data(), m_clock, m_event);
    if (result == CtfWalk::Done && m_event == nullptr) return breakOff("an event of a kind that is not declared");
    if (result == CtfWalk::Done) result = m_event->read(m_cursor, m_registers.data());
    if (result == CtfWalk::Done) return true;
    if (result == CtfWalk::Wrong) return breakOff("an event that makes no sense");
    if (m_cursor.end == m_packet->contentBits) return breakOff("an event that goes on behind the end of its packet");
    m_clock = clock;
    m_cursor.at = from;
    if (!refill(from)) return false;
  }
}

/// Gets the bytes from bit `from` of the packet on: a window of them, or more when a window was not enough.
bool PacketStream::refill(std::uint64_t from) {
  const std::uint64_t begin = from / 8, contentEnd = (m_packet->contentBits + 7) / 8;
  const std::uint64_t had = begin == m_cursor.begin / 8 ? (m_cursor.end - m_cursor.begin + 7) / 8 : 0;
  const std::uint64_t size = std::min(contentEnd - begin, std::max<std::uint64_t>(m_window, 2 * had));
  m_buffer.resize(std::max<std::size_t>(m_buffer.size(), size));
  if (m_files[m_file].read(m_offset + begin, m_buffer.data(), size) < size)
    return breakOff("the file became shorter while it was read");
  m_cursor.data = m_buffer.data();
  m_cursor.begin = begin * 8;
  m_cursor.end = std::min(m_cursor.begin + size * 8, m_packet->contentBits);
  return true;
}

}  // namespace descry
