// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/layout.hpp"

#include <algorithm>
#include <limits>

namespace descry {

namespace {

/// False when the aligned place lies behind the end.
bool alignTo(CtfCursor& cursor, std::uint64_t align) {
  cursor.at = (cursor.at + align - 1) & ~(align - 1);
  return cursor.at <= cursor.end;
}

/// Numbers of bits in the order that CTF has them: from the low bits of a byte on, or from the high ones in big-endian.
std::uint64_t readBits(const CtfCursor& cursor, const CtfStep& step) {
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < step.bits; ++i) {
    const std::uint64_t at = cursor.at - cursor.begin + i;
    const unsigned byte = cursor.data[at / 8];
    if (step.isBig)
      value = value << 1U | (byte >> (7 - at % 8) & 1U);
    else
      value |= static_cast<std::uint64_t>(byte >> (at % 8) & 1U) << i;
  }
  if (step.isSigned && step.bits < 64 && (value >> (step.bits - 1) & 1U) != 0)
    value |= std::numeric_limits<std::uint64_t>::max() << step.bits;
  return value;
}

class Walker {
 public:
  Walker(const CtfLayout& layout, CtfCursor& cursor, std::uint64_t* registers, std::uint64_t& clock)
      : m_layout(layout), m_cursor(cursor), m_registers(registers), m_clock(clock) {}

  CtfWalk run(std::uint32_t program) {
    for (const CtfStep& step : m_layout.programs[program]) {
      if (!alignTo(m_cursor, step.align)) return CtfWalk::Short;
      if (const CtfWalk result = run(step); result != CtfWalk::Done) return result;
    }
    return CtfWalk::Done;
  }

 private:
  CtfWalk run(const CtfStep& step) {
    switch (step.kind) {
      case CtfStep::Kind::Fixed:
        if (left() < step.bits) return CtfWalk::Short;
        for (const CtfLoad& load : step.loads) put(load.target, load.clockBits, load(m_cursor.bytes()));
        m_cursor.at += step.bits;
        return CtfWalk::Done;
      case CtfStep::Kind::Bits:
        if (left() < step.bits) return CtfWalk::Short;
        put(step.target, step.clockBits, readBits(m_cursor, step));
        m_cursor.at += step.bits;
        return CtfWalk::Done;
      case CtfStep::Kind::Text:
        return text(step);
      case CtfStep::Kind::Array:
        return array(step);
      case CtfStep::Kind::Variant:
        return variant(step);
    }
    return CtfWalk::Wrong;
  }

  CtfWalk text(const CtfStep& step) {
    const std::uint8_t* begin = m_cursor.bytes();
    const auto* end = static_cast<const std::uint8_t*>(std::memchr(begin, 0, left() / 8));
    if (end == nullptr) return CtfWalk::Short;
    keep(step, static_cast<std::uint64_t>(end - begin));
    m_cursor.at += static_cast<std::uint64_t>(end - begin + 1) * 8;
    return CtfWalk::Done;
  }

  CtfWalk array(const CtfStep& step) {
    const std::uint64_t count = step.hasLength ? step.length : m_registers[step.from];
    if (step.bits != 0) {
      if (count > left() / step.bits) return CtfWalk::Short;
      std::uint64_t length = count;
      if (step.isText && step.target != kNoRegister && count != 0) {
        const void* end = std::memchr(m_cursor.bytes(), 0, count);
        if (end != nullptr)
          length = static_cast<std::uint64_t>(static_cast<const std::uint8_t*>(end) - m_cursor.bytes());
      }
      keep(step, length);
      m_cursor.at += count * step.bits;
      return CtfWalk::Done;
    }
    // An element has at least one bit in all that tracers write; this bounds the loop where one has none.
    if (count > left()) return CtfWalk::Short;
    for (std::uint64_t i = 0; i < count; ++i)
      if (const CtfWalk result = run(step.program); result != CtfWalk::Done) return result;
    return CtfWalk::Done;
  }

  CtfWalk variant(const CtfStep& step) {
    const std::uint64_t tag = m_registers[step.from];
    const auto chosen = std::ranges::find_if(step.cases, [&](const CtfStep::Case& each) {
      if (!step.isSigned) return tag >= each.first && tag <= each.last;
      const auto value = static_cast<std::int64_t>(tag);
      return value >= static_cast<std::int64_t>(each.first) && value <= static_cast<std::int64_t>(each.last);
    });
    return chosen == step.cases.end() ? CtfWalk::Wrong : run(chosen->program);
  }

  void put(std::uint16_t target, std::uint8_t clockBits, std::uint64_t value) {
    if (clockBits != 0) updateClock(m_clock, value, clockBits);
    if (target != kNoRegister) m_registers[target] = value;
  }
  /// Where the bytes are, relative to the start of what is in memory.
  void keep(const CtfStep& step, std::uint64_t length) {
    if (step.target == kNoRegister) return;
    m_registers[step.target] = (m_cursor.at - m_cursor.begin) / 8;
    m_registers[step.target + 1] = length;
  }
  std::uint64_t left() const { return m_cursor.end - m_cursor.at; }

  const CtfLayout& m_layout;
  CtfCursor& m_cursor;
  std::uint64_t* m_registers;
  std::uint64_t& m_clock;
};

}  // namespace

CtfWalk walk(const CtfLayout& layout, CtfCursor& cursor, std::uint64_t* registers, std::uint64_t& clock) {
  return Walker(layout, cursor, registers, clock).run(0);
}

}  // namespace descry
