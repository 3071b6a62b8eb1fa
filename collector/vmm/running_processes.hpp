// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace descry {

/// The program that a process runs, as the kernel knows it.
struct RunningProgram {
  std::string name;
  bool replaced = false;  ///< its file has no name any more: another version was installed
};

/// A piece of a file that a process has mapped.
struct MappedFile {
  std::uint64_t begin = 0, end = 0, fileOffset = 0;
  std::string device;  ///< of the file, as the kernel prints it; with the inode that is which file it is
  std::uint64_t inode = 0;
  std::string path;  ///< in the process's own mount namespace
  bool executable = false, shared = false, writable = false;
  bool replaced = false;
};

/// The processes of this machine, those in containers, too, in ascending order.
std::vector<pid_t> runningProcesses(const std::filesystem::path& proc);

/// Nothing for a kernel thread, or a process that ended meanwhile.
std::optional<RunningProgram> programOf(const std::filesystem::path& process);

/// Empty for a process that ended meanwhile.
std::vector<MappedFile> mappedFiles(const std::filesystem::path& process);

/// A mapped file by way of the process: it can be opened in whichever mount namespace it lies, and after another file
/// took its name.
std::filesystem::path throughProcess(const std::filesystem::path& process, const MappedFile& file);

}  // namespace descry
