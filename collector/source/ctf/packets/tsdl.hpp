// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/source/ctf/packets/tsdl_type.hpp"

namespace descry {

struct TsdlClock {
  std::string name;
  std::uint64_t frequency = 1'000'000'000;
  std::int64_t offsetSeconds = 0;
  std::uint64_t offsetCycles = 0;
};

struct TsdlEvent {
  std::uint64_t id = 0;
  std::string name;
  TsdlTypePtr context, fields;  ///< may be null
};

struct TsdlStream {
  TsdlTypePtr eventHeader, packetContext, eventContext;  ///< may be null
  std::vector<TsdlEvent> events;
};

/// What the metadata of a CTF 1.8 trace says.
struct TsdlTrace {
  ByteOrder order = ByteOrder::Native;  ///< never Native when it was read whole
  std::optional<std::array<unsigned char, 16>> uuid;
  TsdlTypePtr packetHeader;
  std::map<std::string, std::string, std::less<>> environment;
  std::vector<TsdlClock> clocks;
  std::map<std::uint64_t, TsdlStream> streams;  ///< by id
};

/// Throws NotUnderstood for anything that LTTng and barectf do not write.
TsdlTrace parseTsdl(std::string_view text);

}  // namespace descry
