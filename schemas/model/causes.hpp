// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace descry {

/// The parts a chain's latency is split into: causes.def lists them, analyzer/attribute has one rule for each.
enum class Cause : std::uint8_t {
#define CAUSE(enumerator, ...) enumerator,
#include "schemas/model/causes.def"
#undef CAUSE
};

/// Lines over a cause's colour, so that causes are told apart without colours as well.
enum class Pattern : std::uint8_t { Plain, Rising, Falling, Level, Dots, Cross };

struct CauseInfo {
  Cause cause;
  std::string_view name;    ///< in SQL, JSON, conditions and reports
  std::string_view column;  ///< of chain, chain_view and timeline_bucket
  std::string_view label;   ///< in the window
  std::string_view meaning, plain, rule;
  std::uint32_t light, dark;  ///< 0xRRGGBB; they stay different for colour-blind people (after Okabe and Ito)
  Pattern pattern;
  char letter;
  int ansi;
  std::size_t barPlace;  ///< in bars: the order in which causes mostly occur in a chain's life
};

inline constexpr auto kCauseTable = std::to_array<CauseInfo>({
#define CAUSE(enumerator, name, label, meaning, plain, rule, light, dark, pattern, letter, ansi, place) \
  {Cause::enumerator, #name,  #name "_ns", label, meaning, plain, rule, light, dark,                    \
   Pattern::pattern,  letter, ansi,        place},
#include "schemas/model/causes.def"
#undef CAUSE
});

inline constexpr std::size_t kCauses = kCauseTable.size();

constexpr std::size_t indexOf(Cause cause) {
  return static_cast<std::size_t>(cause);
}

constexpr const CauseInfo& infoOf(Cause cause) {
  return kCauseTable[indexOf(cause)];
}

inline constexpr std::array<std::string_view, kCauses> kCauseNames = [] {
  std::array<std::string_view, kCauses> names;
  for (const CauseInfo& info : kCauseTable) names[indexOf(info.cause)] = info.name;
  return names;
}();

/// The causes in the order of bars.
inline constexpr std::array<Cause, kCauses> kBarOrder = [] {
  std::array<Cause, kCauses> order{};
  for (const CauseInfo& info : kCauseTable) order[info.barPlace] = info.cause;
  return order;
}();

/// What sums, histograms and percentiles are kept of: the whole latency, each cause, and the induced part of iotlb.
inline constexpr std::size_t kSums = kCauses + 2;
inline constexpr std::size_t kInducedSum = 2;
constexpr std::size_t sumOf(Cause cause) {
  return indexOf(cause) == 0 ? 1 : indexOf(cause) + 2;  // the induced part stands behind iotlb, the first cause
}
inline constexpr std::array<std::string_view, kSums> kSumNames = [] {
  std::array<std::string_view, kSums> names;
  names.front() = "latency";
  names[kInducedSum] = "iotlb_induced";
  for (const CauseInfo& info : kCauseTable) names[sumOf(info.cause)] = info.name;
  return names;
}();

/// The columns of all causes, by default as a list; with " + " as the separator their sum, the whole latency.
inline std::string causeColumns(std::string_view separator = ", ") {
  std::string text;
  for (const CauseInfo& info : kCauseTable) {
    if (!text.empty()) text += separator;
    text += info.column;
  }
  return text;
}

}  // namespace descry
