// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace descry {

/// No register: the value is skipped.
inline constexpr std::uint16_t kNoRegister = 0xffff;

/// Reads one number of 1, 2, 4 or 8 bytes.
struct CtfLoad {
  std::uint32_t offset = 0;  ///< bytes from the start of its step
  std::uint8_t bytes = 0;
  bool isSigned = false, swapped = false;
  std::uint8_t clockBits = 0;  ///< not 0: the low bits of the stream's clock
  std::uint16_t target = kNoRegister;

  std::uint64_t operator()(const std::uint8_t* from) const {
    switch (bytes) {
      case 1:
        return isSigned ? widened<std::int8_t>(from) : *(from + offset);
      case 2:
        return isSigned ? widened<std::int16_t>(from) : plain<std::uint16_t>(from);
      case 4:
        return isSigned ? widened<std::int32_t>(from) : plain<std::uint32_t>(from);
      default:
        return plain<std::uint64_t>(from);
    }
  }

 private:
  static std::uint8_t swap(std::uint8_t value) { return value; }
  static std::uint16_t swap(std::uint16_t value) { return __builtin_bswap16(value); }
  static std::uint32_t swap(std::uint32_t value) { return __builtin_bswap32(value); }
  static std::uint64_t swap(std::uint64_t value) { return __builtin_bswap64(value); }

  template <typename T>
  T plain(const std::uint8_t* from) const {
    T value;
    std::memcpy(&value, from + offset, sizeof value);
    return swapped ? swap(value) : value;
  }
  template <typename T>
  std::uint64_t widened(const std::uint8_t* from) const {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<T>(plain<std::make_unsigned_t<T>>(from))));
  }
};

/// One step through the fields of a structure. Places are bits from the start of the packet.
struct CtfStep {
  enum class Kind : std::uint8_t {
    Fixed,    ///< `bits` bits, of which `loads` are read
    Bits,     ///< a number that is not whole bytes, or not at one
    Text,     ///< up to and with its 0; registers: first byte, length
    Array,    ///< elements of the program `program`, or of `bits` bits each if that is not 0
    Variant,  ///< one of `cases`, by the register `from`
  };
  struct Case {
    std::uint64_t first = 0, last = 0;
    std::uint32_t program = 0;
  };

  Kind kind = Kind::Fixed;
  bool isSigned = false, isBig = false, isText = false;
  bool hasLength = false;  ///< Array: `length` elements; otherwise as many as the register `from` says
  std::uint8_t clockBits = 0;
  std::uint16_t target = kNoRegister;  ///< of Text and Array: the first of two
  std::uint16_t from = kNoRegister;
  std::uint64_t align = 1, bits = 0, length = 0;
  std::uint32_t program = 0;
  std::vector<CtfLoad> loads;
  std::vector<Case> cases;
};

/// The steps through some structures, with those of parts that come more than once or not at all.
struct CtfLayout {
  std::vector<std::vector<CtfStep>> programs;  ///< the first one is the whole
  std::uint16_t registers = 0;
};

/// A place in a packet of which the bytes from `begin` to `end` are in memory at `data`.
struct CtfCursor {
  const std::uint8_t* data = nullptr;
  std::uint64_t begin = 0, end = 0, at = 0;  ///< bits; begin is at a byte

  const std::uint8_t* bytes() const { return data + (at - begin) / 8; }
};

enum class CtfWalk : std::uint8_t {
  Done,
  Short,  ///< goes on behind `end`
  Wrong,  ///< nothing that a tracer writes
};

/// Moves the cursor over the structure, fills registers and keeps `clock` up to date.
CtfWalk walk(const CtfLayout& layout, CtfCursor& cursor, std::uint64_t* registers, std::uint64_t& clock);

/// Babeltrace's rule for a field of `bits` bits that is mapped to the clock: one wrap at most since the last one.
inline void updateClock(std::uint64_t& clock, std::uint64_t value, unsigned bits) {
  if (bits == 64) {
    clock = value;
    return;
  }
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  if (value < (clock & mask)) clock += mask + 1;
  clock = (clock & ~mask) | value;
}

}  // namespace descry
