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
#include "collector/source/qemu_log/qemu_log.hpp"
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

void search(const fs::path& directory, std::vector<fs::path>& found) {
  if (formatOf(directory) != nullptr) {
    found.push_back(directory);
    return;
  }
  std::error_code error;
  std::vector<fs::path> files, directories;
  for (fs::directory_iterator entry(directory, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end; entry.increment(error)) {
    if (entry->is_directory(error) && !entry->is_symlink(error))
      directories.push_back(entry->path());
    else if (entry->is_regular_file(error))
      files.push_back(entry->path());
  }
  // Of several formats in one directory the first counts: the later ones are listings of the same events.
  const std::size_t before = found.size();
  for (const SourceFormat& format : kFormats)
    if (found.size() == before) std::ranges::copy_if(files, std::back_inserter(found), format.recognise);
  for (const fs::path& below : directories) search(below, found);
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
  std::string shown;
  for (const char c : start) shown += c >= ' ' && c < 127 ? c : '.';
  throw Error(fmt::format("{}: not a trace (it begins with \"{}\"); expected {}", path.string(), shown, expected()));
}

bool isTrace(const fs::path& path) {
  std::error_code error;
  return formatOf(path) != nullptr || (fs::is_directory(path, error) && findTraces(path).size() == 1);
}

std::vector<fs::path> findTraces(const fs::path& path) {
  std::vector<fs::path> found;
  std::error_code error;
  if (fs::is_directory(path, error))
    search(path, found);
  else if (formatOf(path) != nullptr)
    found.push_back(path);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace descry
