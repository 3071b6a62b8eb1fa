// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <system_error>

#include "collector/source/source_formats.hpp"
#include "schemas/error.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

// The formats: a new one is one file and one entry here. Asked in this order.
constexpr std::array<SourceFormat, 3> kFormats = {{{"ctf", looksLikeCtf, openCtf},
                                                   {"trace_dat", looksLikeTraceDat, openTraceDat},
                                                   {"ftrace_text", looksLikeFtraceText, openFtraceText}}};

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

std::string firstBytes(const fs::path& file, std::size_t bytes) {
  std::ifstream stream(file, std::ios::binary);
  std::string start(bytes, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(bytes));
  start.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
  return start;
}

Ns turnBack(Ns ns, Ns last, Batch& batch) {
  batch.anomalies.push_back(
      {"time-went-back", ns,
       fmt::format("an event is {} ns older than the one before it in its own stream; it is moved "
                   "to that one's time",
                   last - ns)});
  return last;
}

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
