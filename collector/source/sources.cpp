// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <system_error>

#include "collector/source/ctf/ctf.hpp"
#include "collector/source/foreign.hpp"
#include "collector/source/qemu_log/qemu_log.hpp"
#include "collector/source/reader/joined_source.hpp"
#include "collector/source/text/ftrace_text.hpp"
#include "collector/source/trace_dat/trace_dat.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

// The formats: a new one is one folder and one entry here. Asked in this order.
constexpr std::array kFormats = {kCtfFormat, kTraceDatFormat, kFtraceTextFormat, kQemuLogFormat};

/// "a CTF trace ..., a trace.dat ..., or the text ..."
std::string expected() {
  std::string list;
  for (std::size_t i = 0; i < kFormats.size(); ++i)
    list += (i == 0 ? "" : i + 1 < kFormats.size() ? ", " : ", or ") + std::string(kFormats[i].what);
  return list;
}

const SourceFormat* formatOf(const fs::path& path) {
  for (const SourceFormat& format : kFormats)
    if (format.recognise(path)) return &format;
  return nullptr;
}

/// A symbolic link to a directory that it lies in.
bool leadsUp(const fs::path& link) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(link, error);
  const fs::path from = fs::weakly_canonical(link.parent_path(), error);
  return std::mismatch(target.begin(), target.end(), from.begin(), from.end()).first == target.end();
}

/// `visited`: directories that were searched, with symbolic links resolved.
void search(const fs::path& directory, std::vector<fs::path>& found, std::set<fs::path>& visited) {
  if (formatOf(directory) != nullptr) {
    found.push_back(directory);
    return;
  }
  std::error_code error;
  if (!visited.insert(fs::weakly_canonical(directory, error)).second) return;
  std::vector<fs::path> files, directories, links;
  for (fs::directory_iterator entry(directory, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    if (entry->is_directory(error))
      (entry->is_symlink(error) ? links : directories).push_back(entry->path());
    else if (entry->is_regular_file(error))
      files.push_back(entry->path());
  }
  // Of several formats in one directory the first counts: the later ones are listings of the same events.
  const std::size_t before = found.size();
  for (const SourceFormat& format : kFormats)
    if (found.size() == before) std::ranges::copy_if(files, std::back_inserter(found), format.recognise);
  // A link may say the side (guest/) of what lies somewhere else below.
  for (const fs::path& below : links)
    if (!leadsUp(below)) search(below, found, visited);
  for (const fs::path& below : directories) search(below, found, visited);
}

std::unique_ptr<Source> openBelow(const fs::path& directory, CtfReader reader) {
  std::error_code error;
  fs::directory_iterator readable(directory, error);
  if (error) throw Error(fmt::format("{}: cannot be read: {}", directory.string(), error.message()));
  const std::vector<fs::path> traces = findTraces(directory);
  if (traces.size() == 1) return openSource(traces.front(), reader);
  if (traces.empty())
    throw Error(
        fmt::format("{}: no trace in this directory or below it; looked for {}", directory.string(), expected()));
  std::string names;
  for (const fs::path& trace : traces) names += (names.empty() ? "" : ", ") + trace.string();
  throw Error(fmt::format("{}: {} traces below this directory, name one of them: {}", directory.string(), traces.size(),
                          names));
}

}  // namespace

std::unique_ptr<Source> openSource(const fs::path& path, CtfReader reader) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    throw Error(fmt::format("{}: no such file or directory", path.string()));
  if (error) throw Error(fmt::format("{}: cannot be read: {}", path.string(), error.message()));
  if (fs::is_directory(status)) {
    const SourceFormat* format = formatOf(path);
    return format != nullptr ? format->open(path, reader) : openBelow(path, reader);
  }
  errno = 0;
  if (!std::ifstream(path)) throw Error(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  const std::string start = firstBytes(path, 16);
  if (start.empty()) throw Error(fmt::format("{}: this file is empty; expected {}", path.string(), expected()));
  if (const SourceFormat* format = formatOf(path)) return format->open(path, reader);
  if (const std::string answer = answerToForeign(path); !answer.empty())
    throw Error(fmt::format("{}: {}", path.string(), answer));
  std::string shown;
  for (const char c : start) shown += c >= ' ' && c < 127 ? c : '.';
  throw Error(fmt::format("{}: not a trace (it begins with \"{}\"); expected {}", path.string(), shown, expected()));
}

std::unique_ptr<Source> openPieces(const std::vector<fs::path>& pieces, CtfReader reader) {
  if (pieces.size() == 1) return openSource(pieces.front(), reader);
  const SourceFormat* format = formatOf(pieces.front());
  if (format != nullptr && format->openPieces != nullptr) return format->openPieces(pieces, reader);
  std::vector<std::unique_ptr<Source>> sources;
  for (const fs::path& piece : pieces) sources.push_back(openSource(piece, reader));
  return joinPieces(std::move(sources));
}

std::optional<Piece> pieceOf(const fs::path& path) {
  const SourceFormat* format = formatOf(path);
  return format == nullptr || format->piece == nullptr ? std::nullopt : format->piece(path);
}

std::string_view formatName(const fs::path& path) {
  const SourceFormat* format = formatOf(path);
  return format == nullptr ? std::string_view() : format->name;
}

bool isTrace(const fs::path& path) {
  std::error_code error;
  return formatOf(path) != nullptr || (fs::is_directory(path, error) && findTraces(path).size() == 1);
}

std::vector<fs::path> findTraces(const fs::path& path) {
  std::vector<fs::path> found;
  std::set<fs::path> visited;
  std::error_code error;
  if (fs::is_directory(path, error))
    search(path, found, visited);
  else if (formatOf(path) != nullptr)
    found.push_back(path);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace descry
