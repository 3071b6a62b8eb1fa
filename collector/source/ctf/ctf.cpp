// SPDX-License-Identifier: GPL-2.0-or-later
// CTF 1.8 and 2. The streams of one trace share a clock and are merged here; traces of different machines are never
// merged, because their clocks would be aligned without saying so.
#include "collector/source/ctf/ctf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "collector/source/ctf/babeltrace/babeltrace_source.hpp"
#include "collector/source/ctf/packets/not_understood.hpp"
#include "collector/source/ctf/packets/packets_source.hpp"
#include "schemas/model/error.hpp"

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

}  // namespace descry
