// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/foreign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <vector>

#include "collector/source/reader/source_format.hpp"
#include "schemas/text/escape.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

/// "trace.dat.cpu0".
bool isCpuFile(const std::string& name) {
  const std::size_t at = name.rfind(".cpu");
  return at != std::string::npos && at + 4 < name.size() &&
         name.find_first_not_of("0123456789", at + 4) == std::string::npos;
}

std::string restoreCommand(const fs::path& file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const std::string name = file.filename().string(), stem = name.substr(0, name.rfind(".cpu") + 4);
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (const std::string other = entry->path().filename().string(); other.starts_with(stem) && isCpuFile(other))
      files.push_back(other);
  std::ranges::sort(files);
  std::string command = "trace-cmd restore -o trace.dat";
  for (const std::string& each : files) command += " " + shellWord(each);
  return command;
}

/// "[13:51:47.123456789] (+0.000000000) host event: { ... }"
bool isBabeltraceText(std::string_view start) {
  const std::size_t end = start.find('\n');
  const std::string_view line = start.substr(0, end);
  return line.starts_with('[') && line.find("] (+") != std::string_view::npos &&
         line.find(": {") != std::string_view::npos;
}

}  // namespace

std::string answerToForeign(const fs::path& file) {
  const std::string start = firstBytes(file, 4096);
  if (start.starts_with("PERFILE2") || start.starts_with("2ELIFREP") || start.starts_with("PERFFILE"))
    return fmt::format(
        "is a recording of perf; make a CTF trace of it (`perf data convert -i {0} --to-ctf ctf`) or a text (`perf "
        "script -i {0} > trace.txt`) and import that",
        shellWord(file.string()));
  if (isCpuFile(file.filename().string()))
    return fmt::format(
        "holds raw data of one CPU, as trace-cmd leaves it when it is killed; on the machine that was "
        "recorded run `{}` and import trace.dat",
        restoreCommand(file));
  if (start.starts_with("Attaching ") && start.find(" probe") != std::string::npos)
    return "is text of a bpftrace script, which has no form of its own; record with `descry record`, or with the script "
           "that `descry record --print-trace-cmd` prints";
  if (isBabeltraceText(start)) return "is text that babeltrace2 printed; give the directory of the CTF trace itself";
  return {};
}

}  // namespace descry
