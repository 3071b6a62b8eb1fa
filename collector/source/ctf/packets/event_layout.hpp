// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "collector/source/ctf/binding/ctf_binding.hpp"
#include "collector/source/ctf/packets/layout.hpp"
#include "collector/source/ctf/packets/tsdl.hpp"

namespace descry {

/// How to read the events of one class: contexts and payload behind the event's header.
class EventLayout {
 public:
  /// Throws NotUnderstood.
  EventLayout(EventTypes& types, const TsdlTrace& trace, const TsdlStream& stream, const TsdlEvent& event);

  std::uint16_t registers() const { return m_body.registers; }

  /// Moves the cursor behind the event and fills the registers; these and the bytes must stay until decode().
  CtfWalk read(CtfCursor& cursor, std::uint64_t* registers) const {
    if (!m_isPlain) return readSteps(cursor, registers);
    cursor.at = (cursor.at + 7) & ~std::uint64_t{7};
    if (cursor.at > cursor.end || cursor.end - cursor.at < m_plainBits) return CtfWalk::Short;
    cursor.at += m_plainBits;
    return CtfWalk::Done;
  }

  /// Puts the event that read() moved over into the batch. `bytes` is what the cursor has in memory.
  void decode(const CtfCursor& cursor, const std::uint64_t* registers, Ns ns, std::uint16_t cpu, Batch& batch) const {
    if (m_isPlain)
      decodePlain(cursor.bytes() - m_plainBits / 8, ns, cpu, batch);
    else
      decodeSteps(cursor.data, registers, ns, cpu, batch);
  }

 private:
  class Fields;
  /// A value of a plain event: where it is, and which one of Event::values it becomes.
  struct PlainValue {
    std::size_t value = 0;
    CtfLoad load;
  };

  void build(const TsdlTrace& trace, const TsdlStream& stream, const TsdlEvent& event);
  void makePlain();
  bool isWanted(CtfPlace place, std::uint64_t member) const;
  CtfWalk readSteps(CtfCursor& cursor, std::uint64_t* registers) const;
  void decodePlain(const std::uint8_t* bytes, Ns ns, std::uint16_t cpu, Batch& batch) const;
  void decodeSteps(const std::uint8_t* bytes, const std::uint64_t* registers, Ns ns, std::uint16_t cpu,
                   Batch& batch) const;
  const std::vector<std::uint16_t>& targets(CtfPlace place) const { return m_targets[static_cast<std::size_t>(place)]; }

  CtfBinding m_binding;
  CtfLayout m_body;
  std::array<std::vector<std::uint16_t>, 4> m_targets;  ///< by place and member
  CtfLoad m_number;                                     ///< an element of a batch of records

  bool m_isPlain = false;  ///< its values are numbers at fixed places, which is what nearly all events are
  std::uint64_t m_plainBits = 0;
  Event m_start;  ///< of a plain event: what is the same in all of them
  bool m_hasThread = false;
  CtfLoad m_thread;
  std::vector<PlainValue> m_values;
};

}  // namespace descry
