// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/ctf_piece.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "collector/decode/event_types.hpp"
#include "collector/source/ctf/files/ctf_losses.hpp"
#include "collector/source/ctf/files/ctf_metadata.hpp"
#include "collector/source/ctf/packets/not_understood.hpp"
#include "collector/source/ctf/packets/packet_stream.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

void noteTimes(Piece& piece, const TraceLayout& layout, const std::filesystem::path& trace) {
  const std::uint64_t frequency = layout.clock().frequency;
  for (const std::filesystem::path& name : streamFiles(trace)) {
    const StreamFile file(name);
    if (file.size() == 0) continue;
    const StreamOverview overview = surveyPackets(layout, file);
    const Ns first = cyclesToNs(overview.firstPacket.beginCycles, frequency);
    const Ns last = cyclesToNs(overview.lastCycles, frequency);
    piece.first = std::min(piece.first.value_or(first), first);
    piece.last = std::max(piece.last.value_or(last), last);
    if (overview.firstPacket.cpu) piece.cpus.insert(*overview.firstPacket.cpu);
  }
}

}  // namespace

std::optional<Piece> pieceOfCtf(const std::filesystem::path& trace) {
  try {
    checkCtfMetadata(trace);
    const TsdlTrace metadata = parseTsdl(readCtfMetadata(trace));
    EventTypes types;
    const TraceLayout layout(types, metadata);
    Piece piece;
    const auto host = metadata.environment.find("hostname");
    if (host != metadata.environment.end()) piece.machine = host->second;
    piece.clock = layout.clock().name;
    if (metadata.uuid) piece.marks.insert(fmt::format("{:02x}", fmt::join(*metadata.uuid, "")));
    try {
      noteTimes(piece, layout, trace);
    } catch (const NotUnderstood&) {  // damaged, but its identifier says where it belongs
    }
    return piece;
  } catch (const NotUnderstood&) {
    return {};
  } catch (const Error&) {
    return {};
  }
}

}  // namespace descry
