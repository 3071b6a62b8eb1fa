// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace descry {

enum class ByteOrder : std::uint8_t { Native, Little, Big };  ///< Native: that of the trace

struct TsdlType;
using TsdlTypePtr = std::shared_ptr<const TsdlType>;

/// A named member of a structure or option of a variant.
struct TsdlMember {
  std::string name;  ///< as it stands in the metadata, with its underscore
  TsdlTypePtr type;
};

/// Values of an enumeration that have one name. Of an unsigned one they are the same bits.
struct TsdlLabel {
  std::string name;
  std::int64_t first = 0, last = 0;
};

/// The layout of a field: what matters to find it and its neighbours.
struct TsdlType {
  enum class Kind : std::uint8_t { Number, Real, Text, Structure, Variant, Array, Sequence };
  Kind kind = Kind::Number;
  std::uint64_t align = 1;                ///< bits
  std::uint64_t bits = 0;                 ///< of a Number or Real
  bool isSigned = false, isText = false;  ///< Number; isText: an array of it is a text
  ByteOrder order = ByteOrder::Native;
  std::string clock;                ///< a Number that is a time of this clock
  std::vector<TsdlLabel> labels;    ///< of an enumeration
  std::vector<TsdlMember> members;  ///< Structure, Variant
  std::string sizedBy;              ///< the member with the length of a Sequence or the tag of a Variant
  TsdlTypePtr element;              ///< Array, Sequence
  std::uint64_t length = 0;         ///< Array
};

}  // namespace descry
