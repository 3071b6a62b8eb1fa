// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/vmm/qemu_processes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "collector/vmm/running_processes.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

bool isQemu(std::string_view program) {
  return program.starts_with("qemu-system-") || program.starts_with("qemu-kvm");
}

/// Without these nothing can be told.
bool hasTracePoints(const ProgramFile& program) {
  static const std::array<std::string, 3> kNeeded = {"virtqueue_pop", "virtqueue_fill", "virtqueue_flush"};
  return std::ranges::all_of(kNeeded, [&](const std::string& name) { return program.hasTracePoint("qemu", name); });
}

/// Fills in the layout, or why there is none.
void deriveLayout(const ProgramFile& program, QemuProcess& qemu) {
#if defined(__x86_64__)
  try {
    qemu.layout = deriveQemuLayout(program);
  } catch (const Error& error) {
    qemu.refusal = error.what();
  }
#else
  qemu.refusal = fmt::format("{}: the probes of QEMU's functions know x86-64 only", qemu.program.string());
  (void)program;
#endif
}

void examineProgram(QemuProcess& qemu) {
  try {
    const ProgramFile program(qemu.program);
    deriveLayout(program, qemu);
    if (!qemu.refusal.empty() && hasTracePoints(program)) qemu.whyTracePoints = std::exchange(qemu.refusal, {});
  } catch (const Error& error) {
    qemu.refusal = error.what();
  }
}

QemuProcess examine(const fs::path& process, pid_t pid, const RunningProgram& program) {
  QemuProcess qemu;
  qemu.pid = pid;
  qemu.name = program.name;
  qemu.replaced = program.replaced;
  qemu.program = process / "exe";
  examineProgram(qemu);
  return qemu;
}

}  // namespace

std::string qemuRefusal(const fs::path& program) {
  QemuProcess qemu;
  qemu.program = program;
  examineProgram(qemu);
  return qemu.refusal;
}

std::vector<QemuProcess> runningQemus(const fs::path& proc) {
  std::vector<QemuProcess> found;
  for (const pid_t pid : runningProcesses(proc)) {
    const fs::path process = proc / std::to_string(pid);
    const auto program = programOf(process);
    if (program && isQemu(program->name)) found.push_back(examine(process, pid, *program));
  }
  return found;
}

QemuProcess qemuProcess(pid_t pid, const fs::path& proc) {
  const fs::path process = proc / std::to_string(pid);
  const auto program = programOf(process);
  if (!program)
    throw Error(fmt::format("there is no process {} with a program that can be read; pgrep -a qemu shows them", pid));
  return examine(process, pid, *program);
}

QemuPlace qemuPlace(const ProgramFile& program, const std::string& name) {
  // A pop is one of a split or of a packed ring; the reader of a doorbell calls the queue when there was one.
  const std::size_t workers = name == "virtqueue_pop" ? 2 : name == "virtio_queue_host_notifier_read" ? 1 : 0;
  QemuPlace place{name, false, {}};
  const auto function = program.function(name);
  if (!function) return place;
  std::vector<ProgramFile::Function> places;
  if (workers != 0) places = workersOf(program, name, workers);
  place.inWorkers = !places.empty();
  if (places.empty()) places.push_back(*function);
  for (const ProgramFile::Function& at : places) place.fileOffsets.push_back(probeOffset(program, at));
  return place;
}

bool usesKvm(const QemuProcess& qemu) {
  std::error_code error;
  const auto isMachine = [](const std::filesystem::path& file) {
    std::error_code ended;
    return std::filesystem::read_symlink(file, ended).string().starts_with("anon_inode:kvm-vm");
  };
  std::filesystem::directory_iterator file(fmt::format("/proc/{}/fd", qemu.pid), error);
  for (; !error && file != std::filesystem::directory_iterator(); file.increment(error))
    if (isMachine(file->path())) return true;
  return false;
}

}  // namespace descry
