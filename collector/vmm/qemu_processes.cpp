// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/vmm/qemu_processes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDeleted = " (deleted)";

/// The program's name as the kernel knows it, and whether its file still has it; nothing for a kernel thread, or a
/// process that ended meanwhile.
std::optional<std::pair<std::string, bool>> programOf(const fs::path& process) {
  std::error_code error;
  std::string path = fs::read_symlink(process / "exe", error).string();
  if (error || path.empty()) return {};
  const bool replaced = path.ends_with(kDeleted);
  if (replaced) path.resize(path.size() - kDeleted.size());
  return std::pair(fs::path(path).filename().string(), replaced);
}

bool isQemu(std::string_view program) {
  return program.starts_with("qemu-system-") || program.starts_with("qemu-kvm");
}

std::optional<pid_t> pidOf(const fs::path& process) {
  const std::string name = process.filename().string();
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  return error == std::errc() && end == name.data() + name.size() ? std::optional(pid) : std::nullopt;
}

QemuProcess examine(const fs::path& process, pid_t pid, const std::pair<std::string, bool>& program) {
  QemuProcess qemu;
  qemu.pid = pid;
  qemu.name = program.first;
  qemu.replaced = program.second;
  qemu.program = process / "exe";
#if defined(__x86_64__)
  try {
    const ProgramFile file(qemu.program);
    qemu.hasTracePoints = file.hasTracePointsOf("qemu");
    qemu.layout = deriveQemuLayout(file);
  } catch (const Error& error) {
    qemu.refusal = error.what();
  }
#else
  qemu.refusal = "the probes of QEMU know x86-64 only";
#endif
  return qemu;
}

}  // namespace

std::vector<QemuProcess> runningQemus(const fs::path& proc) {
  std::vector<QemuProcess> found;
  std::error_code error;
  for (fs::directory_iterator at(proc, error), end; !error && at != end; at.increment(error)) {
    const auto pid = pidOf(at->path());
    if (!pid) continue;
    const auto program = programOf(at->path());
    if (program && isQemu(program->first)) found.push_back(examine(at->path(), *pid, *program));
  }
  std::ranges::sort(found, {}, &QemuProcess::pid);
  return found;
}

QemuProcess qemuProcess(pid_t pid, const fs::path& proc) {
  const fs::path process = proc / std::to_string(pid);
  const auto program = programOf(process);
  if (!program)
    throw Error(fmt::format("there is no process {} with a program that can be read; pgrep -a qemu shows them", pid));
  return examine(process, pid, *program);
}

QemuPlace qemuPlace(const ProgramFile& program, const std::string& function) {
  QemuPlace place{function, {}};
  if (!program.function(function)) return place;
  for (const ProgramFile::Function& worker : workersOf(program, function))
    place.fileOffsets.push_back(probeOffset(program, worker));
  return place;
}

}  // namespace descry
