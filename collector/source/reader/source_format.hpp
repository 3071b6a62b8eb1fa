// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/event/source.hpp"
#include "collector/source/reader/piece.hpp"

namespace descry {

/// Who reads a CTF trace: our own packet reader, or Babeltrace. Auto: Babeltrace reads what the packet reader does not
/// understand. Traces of other formats have one reader.
enum class CtfReader : std::uint8_t { Auto, Packets, Babeltrace };

/// A kind of trace that can be read: one folder beside this one, and one entry in the list of sources.cpp.
struct SourceFormat {
  std::string_view name;
  std::string_view what;  ///< in words: what people should name
  /// True when `path`, a file or a directory, looks like this format (cheap: names and first bytes).
  bool (*recognise)(const std::filesystem::path& path);
  std::unique_ptr<Source> (*open)(const std::filesystem::path& path, CtfReader reader);
  /// What tells the pieces of one recording; nothing when the trace cannot be read. Null: traces of this format are
  /// never joined.
  std::optional<Piece> (*piece)(const std::filesystem::path& path) = nullptr;
  /// Opens pieces as one trace. Null: their events are merged.
  std::unique_ptr<Source> (*openPieces)(const std::vector<std::filesystem::path>& pieces, CtfReader reader) = nullptr;
};

/// For an event whose time is before that of the event handed on before it, within one CPU's own stream: reports it and
/// gives the time to use, because batches are in time order.
Ns turnBack(Ns ns, Ns last, Batch& batch);

/// Says that the times of a trace are not nanoseconds: `how` it is known.
SourceAnomaly clockNotNs(Ns first, std::string_view how);

/// The first `bytes` bytes of a file; fewer if it is shorter. Empty when it cannot be read.
std::string firstBytes(const std::filesystem::path& file, std::size_t bytes);

/// Events per batch: large enough to amortise hand-over, small enough to stay in the cache.
inline constexpr std::size_t kBatchEvents = 8192;

}  // namespace descry
