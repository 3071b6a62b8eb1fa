// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/packet_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "collector/decode/event_types.hpp"
#include "collector/source/ctf/packets/not_understood.hpp"
#include "collector/source/ctf/packets/packet_stream.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

/// Sizes and times above are what damage makes of a header: no file is that large, no clock runs for that long.
constexpr std::uint64_t kLargestBits = std::uint64_t{1} << 50U, kLatestCycles = std::uint64_t{1} << 62U;
constexpr std::uint64_t kAllOnes = std::numeric_limits<std::uint64_t>::max();

/// Empty: the packet is sound in itself.
std::string faultOf(CtfWalk result, const CtfPacket& packet, const std::optional<CtfPacket>& before) {
  if (packet.packetBits > kLargestBits || packet.contentBits > packet.packetBits)
    return fmt::format("{} bits of content in a packet of {} bits", packet.contentBits, packet.packetBits);
  if (result == CtfWalk::Short) return "its header breaks off";
  if (result == CtfWalk::Wrong) return "its header is damaged";
  if (packet.beginCycles > kLatestCycles || packet.endCycles > kLatestCycles) return "its times are impossible";
  if (packet.discarded == kAllOnes || packet.sequence == kAllOnes) return "its counters are impossible";
  if (before && packet.sequence && packet.sequence == before->sequence && packet.instance == before->instance)
    return "it has the number of the packet before it";
  return {};
}

std::optional<BadPacket> firstBad(const TraceLayout& layout, const StreamFile& file) {
  std::vector<std::uint8_t> buffer;
  std::optional<CtfPacket> before;
  for (std::uint64_t offset = 0; offset < file.size();) {
    CtfPacket packet;
    const CtfWalk result = readPacketHeader(layout, file, offset, packet, buffer);
    if (std::string what = faultOf(result, packet, before); !what.empty())
      return BadPacket{file.path(), offset, std::move(what), before ? before->endCycles : 0};
    before = packet;
    offset += packet.packetBits / 8;
  }
  return {};
}

/// Babeltrace takes fields of this name for times even where the metadata forgot to say so.
bool hasTime(const TsdlType& type) {
  if (!type.clock.empty() || (type.element && hasTime(*type.element))) return true;
  return std::ranges::any_of(
      type.members, [](const TsdlMember& member) { return member.name == "timestamp" || hasTime(*member.type); });
}

void checkClocks(const fs::path& trace, const TsdlTrace& metadata) {
  for (const auto& [id, stream] : metadata.streams)
    if (!stream.eventHeader || !hasTime(*stream.eventHeader))
      throw Error(
          fmt::format("{}: this CTF trace has a stream without a clock, so its events have no time", trace.string()));
}

}  // namespace

std::vector<BadPacket> findBadPackets(const fs::path& trace) {
  std::vector<BadPacket> found;
  try {
    const TsdlTrace metadata = parseTsdl(readCtfMetadata(trace));
    checkClocks(trace, metadata);
    EventTypes types;
    const TraceLayout layout(types, metadata);
    for (const fs::path& name : streamFiles(trace)) {
      const StreamFile file(name);
      if (auto bad = firstBad(layout, file)) found.push_back(std::move(*bad));
    }
  } catch (const NotUnderstood&) {  // then nothing can be said of its packets
  }
  return found;
}

}  // namespace descry
