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
#include "collector/source/text/ftrace_text.hpp"
#include "collector/source/trace_dat/trace_dat.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

// The formats: a new one is one folder and one entry here. Asked in this order.
constexpr std::array kFormats = {kCtfFormat, kTraceDatFormat, kFtraceTextFormat};

constexpr std::string_view kExpected =
    "a CTF trace (a directory with a file `metadata`), a trace.dat written by trace-cmd, or the text of "
    "/sys/kernel/tracing/trace or `trace-cmd report`";

const SourceFormat* formatOf(const fs::path& path) {
  for (const SourceFormat& format : kFormats)
    if (format.recognise(path)) return &format;
  return nullptr;
}

void search(const fs::path& directory, std::vector<fs::path>& found) {
  if (looksLikeCtf(directory)) {
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
  const std::size_t before = found.size();
  std::copy_if(files.begin(), files.end(), std::back_inserter(found), looksLikeTraceDat);
  if (found.size() == before) std::copy_if(files.begin(), files.end(), std::back_inserter(found), looksLikeFtraceText);
  for (const fs::path& below : directories) search(below, found);
}

std::unique_ptr<Source> openBelow(const fs::path& directory) {
  std::error_code error;
  fs::directory_iterator readable(directory, error);
  if (error) throw Error(fmt::format("{}: cannot be read: {}", directory.string(), error.message()));
  const std::vector<fs::path> traces = findTraces(directory);
  if (traces.size() == 1) return openSource(traces.front());
  if (traces.empty())
    throw Error(
        fmt::format("{}: no trace in this directory or below it; looked for {}", directory.string(), kExpected));
  std::string names;
  for (const fs::path& trace : traces) names += (names.empty() ? "" : ", ") + trace.string();
  throw Error(fmt::format("{}: {} traces below this directory, name one of them: {}", directory.string(), traces.size(),
                          names));
}

}  // namespace

std::unique_ptr<Source> openSource(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    throw Error(fmt::format("{}: no such file or directory", path.string()));
  if (error) throw Error(fmt::format("{}: cannot be read: {}", path.string(), error.message()));
  if (fs::is_directory(status)) return looksLikeCtf(path) ? openCtf(path) : openBelow(path);
  errno = 0;
  if (!std::ifstream(path)) throw Error(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  const std::string start = firstBytes(path, 16);
  if (start.empty()) throw Error(fmt::format("{}: this file is empty; expected {}", path.string(), kExpected));
  if (path.filename() == "metadata" && looksLikeCtf(fs::absolute(path).parent_path()))
    return openCtf(fs::absolute(path).parent_path());
  if (const SourceFormat* format = formatOf(path)) return format->open(path);
  std::string shown;
  for (const char c : start) shown += c >= ' ' && c < 127 ? c : '.';
  throw Error(fmt::format("{}: not a trace (it begins with \"{}\"); expected {}", path.string(), shown, kExpected));
}

bool isTrace(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return formatOf(path) != nullptr;
  return looksLikeCtf(path) || findTraces(path).size() == 1;
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
