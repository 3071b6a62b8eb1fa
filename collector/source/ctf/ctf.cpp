// SPDX-License-Identifier: GPL-2.0-or-later
// CTF 1.8 and 2. The streams of one trace share a clock and are merged here; traces of different machines are never
// merged, because their clocks would be aligned without saying so.
#include "collector/source/ctf/ctf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "collector/source/ctf/babeltrace/babeltrace_source.hpp"
#include "collector/source/ctf/packets/ctf_piece.hpp"
#include "collector/source/ctf/packets/joined_chunks.hpp"
#include "collector/source/ctf/packets/not_understood.hpp"
#include "collector/source/ctf/packets/packets_source.hpp"
#include "collector/source/reader/joined_source.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/replace.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

/// People name the trace's directory, or the file `metadata` in it.
fs::path directoryOf(const fs::path& path) {
  return path.filename() == "metadata" ? fs::absolute(path).parent_path() : path;
}

/// Other programs call their files `metadata` too. An empty one is what a broken recording leaves.
bool isMetadata(const fs::path& file) {
  const std::string start = firstBytes(file, 4096);
  if (start.empty() || start.find_first_of(std::string_view("\0\x1e", 2)) != std::string::npos) return true;
  return std::ranges::any_of(
      std::array<std::string_view, 6>{"CTF", "typealias", "struct", "trace {", "stream {", "event {"},
      [&start](std::string_view word) { return start.find(word) != std::string::npos; });
}

bool hasMetadata(const fs::path& directory) {
  std::error_code ignored;
  return fs::is_regular_file(directory / "metadata", ignored) && isMetadata(directory / "metadata");
}

/// Babeltrace 2.0 says only that it cannot read a trace; what our own reader did not understand is mostly why.
std::unique_ptr<Source> openDespite(const NotUnderstood& reason, const fs::path& trace) {
  try {
    return openWithBabeltrace(trace);
  } catch (const Error& error) {
    throw Error(fmt::format("{} ({})", error.what(), reason.what()));
  }
}

/// Chunks that were joined, with the folder in which they are.
class JoinedChunks final : public Source {
 private:
  /// Messages name what was given.
  template <typename Function>
  auto named(Function function) {
    try {
      return function();
    } catch (const Error& error) {
      throw Error(replaceAll(error.what(), m_folder->path().string(), m_given.string()));
    }
  }

 public:
  JoinedChunks(std::unique_ptr<TemporaryFolder> folder, const fs::path& given, CtfReader reader)
      : m_folder(std::move(folder)), m_given(given) {
    m_source = named([&] { return openCtf(m_folder->path(), reader); });
  }

  bool read(Batch& batch) override {
    return named([&] { return m_source->read(batch); });
  }
  const TraceInfo& info() const override { return m_source->info(); }
  std::optional<double> progress() const override { return m_source->progress(); }

 private:
  std::unique_ptr<TemporaryFolder> m_folder;  ///< goes after the source
  fs::path m_given;
  std::unique_ptr<Source> m_source;
};

void openChunks(const std::vector<fs::path>& chunks, CtfReader reader, std::vector<std::unique_ptr<Source>>& sources) {
  if (chunks.size() > 1) {
    try {
      sources.push_back(std::make_unique<JoinedChunks>(joinChunks(chunks), chunks.front(), reader));
      return;
    } catch (const NotUnderstood&) {  // damaged: each is read by itself, as far as it goes
    }
  }
  for (const fs::path& chunk : chunks) sources.push_back(openCtf(chunk, reader));
}

}  // namespace

bool looksLikeCtf(const fs::path& path) {
  return hasMetadata(path) || hasMetadata(directoryOf(path));
}

std::unique_ptr<Source> openCtf(const fs::path& path, CtfReader reader) {
  const fs::path trace = hasMetadata(path) ? path : directoryOf(path);
  if (reader == CtfReader::Babeltrace) return openWithBabeltrace(trace);
  try {
    return openPackets(trace);
  } catch (const NotUnderstood& reason) {
    if (reader == CtfReader::Packets)
      throw Error(fmt::format("{}: the packet reader does not read this trace ({}); use --reader auto", trace.string(),
                              reason.what()));
    return openDespite(reason, trace);
  }
}

std::optional<Piece> ctfPiece(const fs::path& path) {
  return pieceOfCtf(hasMetadata(path) ? path : directoryOf(path));
}

std::unique_ptr<Source> openCtfPieces(const std::vector<fs::path>& pieces, CtfReader reader) {
  std::map<std::set<std::string>, std::vector<fs::path>> traces;
  for (const fs::path& piece : pieces) traces[ctfPiece(piece).value_or(Piece()).marks].push_back(piece);
  std::vector<std::unique_ptr<Source>> sources;
  for (const auto& [marks, chunks] : traces) openChunks(chunks, reader, sources);
  return joinPieces(std::move(sources));
}

}  // namespace descry
