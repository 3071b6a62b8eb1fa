// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collector/vmm/program_file.hpp"

namespace descry {

/// What a register holds in a short function, as far as that can be said: `base` + `offset` + `scale` * the second
/// argument.
struct Value {
  static constexpr int kUnknown = -2, kNumber = -1, kFirstArgument = 0;  // from 1 on: what load N - 1 returned

  int base = kUnknown;
  std::int64_t offset = 0, scale = 0;

  bool operator==(const Value&) const = default;
};

/// Memory that a function reads or writes.
struct Access {
  Value address;
  unsigned bytes = 0;
};

/// What a short function does with its arguments: for functions that get one member of a structure, the place of that
/// member.
struct FunctionReading {
  std::vector<Access> accesses;         ///< in the order of the code, each once
  std::optional<Value> returned;        ///< where it is known
  std::vector<std::uint64_t> leavesTo;  ///< functions that it ends in: addresses of jumps out of it
  std::uint64_t firstOther = 0;         ///< address behind an `endbr64` at its beginning
  bool beginsWithPush = false;          ///< the instruction there is a push

  /// The load whose result `value` is; nothing when it is something else.
  const Access* loadOf(const Value& value) const {
    const auto at = static_cast<std::size_t>(value.base - 1);
    return value.base >= 1 && at < accesses.size() ? &accesses[at] : nullptr;
  }
};

/// Reads the machine code of a function from its beginning to its end, or up to what is too long to be of interest. It
/// follows registers through moves, sums and products; loops it does not follow. x86-64. `first`: what the first
/// argument is, for a function that is called with a number. Throws Error when the code cannot be decoded.
FunctionReading readFunction(const ProgramFile& program, const ProgramFile::Function& function,
                             const Value& first = {Value::kFirstArgument, 0, 0});

}  // namespace descry
