// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "schemas/model/error.hpp"

namespace descry {

// Words of the database that code decides by. wordOf() and fromWord() are their one conversion.

/// Which end of a ring a trace was taken at.
enum class Side : std::uint8_t { Guest, Host };

/// What a latency spans, the wider the later: the host alone, the guest alone, both.
enum class Scope : std::uint8_t { Host, Guest, Full };

/// Of a finding: good to know, costs something, costs most of the latency or makes the results doubtful.
enum class Severity : std::uint8_t { Info, Warning, Critical };

/// Of an anomaly: expected now and then, some chains are affected, or the results are doubtful.
enum class Doubt : std::uint8_t { Info, Warning, Error };

/// Who translates the addresses in a ring.
enum class Translation : std::uint8_t { NotInPath, DeviceIotlb, Viommu };

template <typename Enum>
inline constexpr std::array<std::string_view, 0> kWords{};
template <>
inline constexpr std::array<std::string_view, 2> kWords<Side>{"guest", "host"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<Scope>{"host", "guest", "full"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<Severity>{"info", "warning", "critical"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<Doubt>{"info", "warning", "error"};
template <>
inline constexpr std::array<std::string_view, 3> kWords<Translation>{"not in path", "device iotlb", "viommu"};

template <typename Enum>
constexpr std::string_view wordOf(Enum value) {
  return kWords<Enum>[static_cast<std::size_t>(value)];
}

/// Throws on a word that is none of them: the database was not written by this version.
template <typename Enum>
Enum fromWord(std::string_view word) {
  for (std::size_t i = 0; i < kWords<Enum>.size(); ++i)
    if (kWords<Enum>[i] == word) return static_cast<Enum>(i);
  throw Error("unexpected word '" + std::string(word) + "' in the database");
}

}  // namespace descry
