// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/event/batch.hpp"
#include "collector/source/ctf/packets/stream_file.hpp"
#include "collector/source/ctf/packets/stream_layout.hpp"

namespace descry {

/// What can be known of a stream file from its packets alone.
struct StreamOverview {
  CtfPacket firstPacket, lastPacket;
  std::uint64_t lastCycles = 0;  ///< latest end of a packet
};

/// Reads what the packet at `offset` says before its first event; Short: the file ends inside it. `buffer` is scratch.
CtfWalk readPacketHeader(const TraceLayout& layout, const StreamFile& file, std::uint64_t offset, CtfPacket& packet,
                         std::vector<std::uint8_t>& buffer);

/// Looks at all packets of a file that is not empty. Throws NotUnderstood when it is damaged or breaks off, or when its
/// times and counters are such that Babeltrace has a rule of its own for them.
/// `each`: is told of each packet and where it begins.
StreamOverview surveyPackets(const TraceLayout& layout, const StreamFile& file,
                             const std::function<void(std::uint64_t offset, const CtfPacket& packet)>& each = nullptr);

/// One data stream: stands at an event, or at its end.
class PacketStream {
 public:
  /// `files` were surveyed, belong to one stream and are in the order of time. `window`: bytes to read at once.
  PacketStream(const TraceLayout& layout, std::vector<StreamFile> files, std::size_t window);

  /// Moves to the next event; losses that are met on the way go to the batch. False at the end, and where the stream
  /// breaks off: broken() says why.
  bool advance(Batch& batch);
  /// Puts the event at which the stream stands into the batch.
  void decode(Batch& batch) { m_event->decode(m_cursor, m_registers.data(), ns, m_cpu, batch); }

  const std::string& broken() const { return m_broken; }
  std::uint16_t cpu() const { return m_cpu; }

  Ns ns = 0;               ///< time of the event it stands at
  std::optional<Ns> last;  ///< time of the event before

 private:
  bool nextPacket(Batch& batch);
  void reportDiscarded(const CtfPacket& packet, Batch& batch) const;
  bool readEvent();
  bool refill(std::uint64_t from);
  bool breakOff(std::string reason);
  Ns toNs(std::uint64_t cycles) const;

  const TraceLayout& m_layout;
  const StreamLayout* m_stream = nullptr;
  std::uint64_t m_frequency;
  std::vector<StreamFile> m_files;
  std::size_t m_file = 0;
  std::uint64_t m_offset = 0;      ///< of the packet in its file, bytes
  std::uint64_t m_nextOffset = 0;  ///< of the packet behind it
  std::optional<CtfPacket> m_packet;
  std::size_t m_window;
  std::vector<std::uint8_t> m_buffer;
  CtfCursor m_cursor;
  std::uint64_t m_clock = 0;
  std::vector<std::uint64_t> m_registers;
  const EventLayout* m_event = nullptr;
  std::uint16_t m_cpu = 0;
  std::string m_broken;
};

}  // namespace descry
