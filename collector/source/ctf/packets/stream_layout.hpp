// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/source/ctf/packets/event_layout.hpp"
#include "collector/source/ctf/packets/layout.hpp"
#include "collector/source/ctf/packets/tsdl.hpp"

namespace descry {

/// What a packet says of itself before its first event. Sizes and places in bits.
struct CtfPacket {
  std::uint64_t stream = 0;
  std::optional<std::uint64_t> instance;
  std::uint64_t beginCycles = 0, endCycles = 0, clockCycles = 0;  ///< clockCycles: where its events' clock begins
  std::uint64_t contentBits = 0, packetBits = 0, headerBits = 0;
  std::optional<std::uint64_t> discarded, sequence;  ///< counted since the stream began
  std::optional<std::uint16_t> cpu;
};

/// How to read the events of one kind of stream.
class StreamLayout {
 public:
  StreamLayout(EventTypes& types, const TsdlTrace& trace, const TsdlStream& stream, const std::string& clock);

  /// Reads an event's header and finds its class: nullptr when the metadata has none of its id.
  CtfWalk readHeader(CtfCursor& cursor, std::uint64_t* registers, std::uint64_t& clock,
                     const EventLayout*& event) const {
    cursor.at = (cursor.at + m_headerAlign - 1) & ~(m_headerAlign - 1);
    if (m_shortIdBits != 0 && cursor.at % 8 == 0 && cursor.at < cursor.end) {
      if (const CtfWalk result = readShort(cursor, clock, event); result != CtfWalk::Wrong) return result;
    }
    return readLong(cursor, registers, clock, event);
  }
  std::uint16_t registers() const { return m_registers; }
  const CtfLayout& packetContext() const { return m_packetContext; }

 private:
  friend class TraceLayout;
  struct ContextTargets {
    std::uint16_t begin = kNoRegister, end = kNoRegister, content = kNoRegister, packet = kNoRegister,
                  discarded = kNoRegister, sequence = kNoRegister, cpu = kNoRegister;
  };

  void buildContext(const TsdlTrace& trace, const TsdlStream& stream, const std::string& clock);
  void buildHeader(const TsdlTrace& trace, const TsdlStream& stream, const std::string& clock);
  void recogniseShort(const TsdlTrace& trace, const TsdlType& header);
  const EventLayout* eventOf(std::uint64_t id) const { return id < m_events.size() ? m_events[id].get() : nullptr; }

  /// LTTng's compact and large headers: an id and the low bits of the time in one word. Wrong: the id says that a long
  /// header follows, or the packet ends so soon that the long way has to look.
  CtfWalk readShort(CtfCursor& cursor, std::uint64_t& clock, const EventLayout*& event) const {
    std::uint64_t word = 0;
    if (cursor.end - cursor.at < 8 * sizeof word) return CtfWalk::Wrong;
    std::memcpy(&word, cursor.bytes(), sizeof word);
    const std::uint64_t id = word & ((std::uint64_t{1} << m_shortIdBits) - 1);
    if (id >= m_firstLongId) return CtfWalk::Wrong;
    updateClock(clock, word >> m_shortIdBits & m_shortTimeMask, m_shortTimeBits);
    cursor.at += m_shortIdBits + m_shortTimeBits;
    event = eventOf(id);
    return CtfWalk::Done;
  }
  CtfWalk readLong(CtfCursor& cursor, std::uint64_t* registers, std::uint64_t& clock, const EventLayout*& event) const;

  CtfLayout m_packetContext;
  ContextTargets m_context;
  CtfLayout m_header;
  std::uint64_t m_headerAlign = 1;
  std::vector<std::uint16_t> m_ids;  ///< registers of ids in the header; the last one that was read counts
  unsigned m_shortIdBits = 0, m_shortTimeBits = 0;
  std::uint64_t m_shortTimeMask = 0, m_firstLongId = 0;
  std::vector<std::unique_ptr<EventLayout>> m_events;  ///< by id
  std::uint16_t m_registers = 0;
};

/// How to read a whole trace.
class TraceLayout {
 public:
  /// Throws NotUnderstood when the packet reader does not know something in the metadata.
  TraceLayout(EventTypes& types, const TsdlTrace& trace);

  /// Reads what stands before the events of the packet that begins at `bytes`. Short: `size` bytes are not enough.
  CtfWalk readPacket(const std::uint8_t* bytes, std::size_t size, CtfPacket& packet) const;
  const StreamLayout& stream(std::uint64_t id) const { return m_streams.at(id); }
  const TsdlClock& clock() const { return m_clock; }

 private:
  void chooseClock(const TsdlTrace& trace);

  TsdlClock m_clock;
  CtfLayout m_packetHeader;
  std::uint16_t m_magic = kNoRegister, m_uuidAt = kNoRegister, m_streamId = kNoRegister, m_instance = kNoRegister;
  std::optional<std::array<unsigned char, 16>> m_uuid;
  std::map<std::uint64_t, StreamLayout> m_streams;
};

}  // namespace descry
