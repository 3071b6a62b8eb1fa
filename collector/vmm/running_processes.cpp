// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/vmm/running_processes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

namespace descry {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDeleted = " (deleted)";

bool takeDeleted(std::string& path) {
  if (!path.ends_with(kDeleted)) return false;
  path.resize(path.size() - kDeleted.size());
  return true;
}

std::optional<pid_t> pidOf(const fs::path& process) {
  const std::string name = process.filename().string();
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(pid) : std::nullopt;
}

/// A line of /proc/PID/maps: begin-end rwxp offset device inode path.
std::optional<MappedFile> mappedFile(const std::string& line) {
  std::istringstream words(line);
  MappedFile file;
  char dash = 0;
  std::string rights;
  if (!(words >> std::hex >> file.begin >> dash >> file.end >> rights >> file.fileOffset >> file.device >> std::dec >>
        file.inode) ||
      rights.size() != 4 || file.inode == 0)
    return {};
  std::getline(words >> std::ws, file.path);
  file.writable = rights[1] == 'w';
  file.executable = rights[2] == 'x';
  file.shared = rights[3] == 's';
  file.replaced = takeDeleted(file.path);
  return file;
}

}  // namespace

std::vector<pid_t> runningProcesses(const fs::path& proc) {
  std::vector<pid_t> found;
  std::error_code error;
  for (fs::directory_iterator at(proc, error), end; !error && at != end; at.increment(error))
    if (const auto pid = pidOf(at->path())) found.push_back(*pid);
  std::ranges::sort(found);
  return found;
}

std::optional<RunningProgram> programOf(const fs::path& process) {
  std::error_code error;
  std::string path = fs::read_symlink(process / "exe", error).string();
  if (error || path.empty()) return {};
  const bool replaced = takeDeleted(path);
  return RunningProgram{fs::path(path).filename().string(), replaced};
}

std::vector<MappedFile> mappedFiles(const fs::path& process) {
  std::vector<MappedFile> files;
  std::ifstream maps(process / "maps");
  for (std::string line; std::getline(maps, line);)
    if (auto file = mappedFile(line)) files.push_back(std::move(*file));
  return files;
}

fs::path throughProcess(const fs::path& process, const MappedFile& file) {
  return process / "map_files" / fmt::format("{:x}-{:x}", file.begin, file.end);
}

}  // namespace descry
