// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/vmm/vhost_user_backends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "collector/vmm/qemu_layout.hpp"
#include "collector/vmm/running_processes.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

#if defined(__x86_64__)
constexpr bool kReadsCode = true;
#else
constexpr bool kReadsCode = false;
#endif

constexpr std::string_view kLibrary = "librte_vhost.so", kDequeue = "rte_vhost_dequeue_burst",
                           kEnqueue = "rte_vhost_enqueue_burst", kOther = "rte_vhost_get_vhost_vring";

std::string nameOf(const MappedFile& file) {
  return fs::path(file.path).filename().string();
}

bool startsWithOneOf(std::string_view name, std::span<const std::string_view> beginnings) {
  return std::ranges::any_of(beginnings, [&](std::string_view beginning) { return name.starts_with(beginning); });
}

bool isVmm(std::string_view program) {
  static constexpr std::array<std::string_view, 5> kVmms = {"qemu-system-", "qemu-kvm", "cloud-hypervisor", "crosvm",
                                                            "firecracker"};
  return startsWithOneOf(program, kVmms);
}

/// Programs that may have the library inside, before a guest has handed them its memory.
bool isSwitch(std::string_view program) {
  static constexpr std::array<std::string_view, 5> kSwitches = {"ovs-vswitchd", "vpp", "spdk_tgt", "dpdk-", "testpmd"};
  return startsWithOneOf(program, kSwitches) || program == "vhost";
}

/// Which file is mapped: memory that a guest and its backends share.
using Memory = std::pair<std::string, std::uint64_t>;

std::set<Memory> sharedMemory(const std::vector<MappedFile>& files) {
  constexpr std::uint64_t kLeast = 8U << 20U;  // of a guest; the rings of LTTng and others are smaller
  std::set<Memory> memory;
  for (const MappedFile& file : files)
    if (file.shared && file.writable && file.end - file.begin >= kLeast) memory.emplace(file.device, file.inode);
  return memory;
}

LoadedFunction loaded(const fs::path& path, const ProgramFile& file, const ProgramFile::Function& function) {
  return {path, probeOffset(file, function)};
}

/// The C library's, which calls the guest.
std::optional<LoadedFunction> eventfdWriteOf(const fs::path& process, const std::vector<MappedFile>& files,
                                             const ProgramFile& program) {
  constexpr std::string_view kName = "eventfd_write";
  static constexpr std::array<std::string_view, 3> kLibraries = {"libc.so", "libc-", "ld-musl"};
  if (const auto function = program.function(kName)) return loaded(process / "exe", program, *function);
  for (const MappedFile& file : files) {
    if (!file.executable || !startsWithOneOf(nameOf(file), kLibraries)) continue;
    const fs::path path = throughProcess(process, file);
    const ProgramFile library(path);
    if (const auto function = library.function(kName)) return loaded(path, library, *function);
  }
  return {};
}

/// Where the library is: the mapping of its code.
const MappedFile* libraryOf(const std::vector<MappedFile>& files, const fs::path& process) {
  const auto code = std::ranges::find_if(
      files, [](const MappedFile& file) { return file.executable && nameOf(file).starts_with(kLibrary); });
  if (code != files.end()) return &*code;
  std::error_code error;
  const std::string program = fs::read_symlink(process / "exe", error).filename().string();
  const auto own = std::ranges::find_if(files, [&](const MappedFile& file) {
    return file.executable && program.starts_with(nameOf(file));  // of a replaced one it ends in "(deleted)"
  });
  return own == files.end() ? nullptr : &*own;
}

void examineLibrary(VhostUserBackend& backend, const fs::path& process, const std::vector<MappedFile>& files,
                    const MappedFile& code) {
  const fs::path path = throughProcess(process, code);
  const ProgramFile library(path);
  backend.library = nameOf(code);
  backend.replaced = code.replaced;
  for (const std::string_view name : {kDequeue, kEnqueue})
    if (const auto function = library.function(name)) backend.bursts.push_back(loaded(path, library, *function));
  if (backend.bursts.empty())
    throw Error(library.function(kOther)
                    ? fmt::format("it takes chains from the rings itself, not by {} of DPDK's vhost library", kDequeue)
                    : fmt::format("{} has no function {} of DPDK's vhost library, or its symbols were removed",
                                  backend.library, kDequeue));
  backend.layout = deriveVhostUserLayout(library);
  backend.loadedAt = code.begin - library.addressAt(code.fileOffset);
  backend.eventfdWrite = eventfdWriteOf(process, files, ProgramFile(process / "exe"));
}

VhostUserBackend examine(const fs::path& process, pid_t pid, const std::string& name,
                         const std::vector<MappedFile>& files) {
  VhostUserBackend backend;
  backend.pid = pid;
  backend.name = name;
  try {
    const MappedFile* code = libraryOf(files, process);
    if (!kReadsCode)
      backend.refusal = "the probes of vhost-user backends know x86-64 only";
    else if (code != nullptr)
      examineLibrary(backend, process, files, *code);
    else
      backend.refusal = "its program cannot be read";
  } catch (const Error& error) {
    backend.refusal = error.what();
  }
  return backend;
}

}  // namespace

std::vector<VhostUserBackend> runningVhostUserBackends(const fs::path& proc) {
  struct Candidate {
    pid_t pid = 0;
    std::string name;
    std::vector<MappedFile> files;
  };
  std::vector<Candidate> candidates;
  std::set<Memory> ofGuests;
  for (const pid_t pid : runningProcesses(proc)) {
    const fs::path process = proc / std::to_string(pid);
    const auto program = programOf(process);
    if (!program) continue;
    std::vector<MappedFile> files = mappedFiles(process);
    if (isVmm(program->name))
      ofGuests.merge(sharedMemory(files));
    else
      candidates.push_back({pid, program->name, std::move(files)});
  }
  std::vector<VhostUserBackend> found;
  for (const Candidate& candidate : candidates) {
    const bool hasLibrary = std::ranges::any_of(
        candidate.files, [](const MappedFile& file) { return file.executable && nameOf(file).starts_with(kLibrary); });
    const std::set<Memory> memory = sharedMemory(candidate.files);
    const bool servesGuest = std::ranges::any_of(memory, [&](const Memory& file) { return ofGuests.contains(file); });
    if (!hasLibrary && !servesGuest && !isSwitch(candidate.name)) continue;
    const fs::path process = proc / std::to_string(candidate.pid);
    VhostUserBackend backend = examine(process, candidate.pid, candidate.name, candidate.files);
    // A switch without a guest, and without the library, need not be one.
    if (backend.refusal.empty() || servesGuest || hasLibrary) found.push_back(std::move(backend));
  }
  return found;
}

VhostUserBackend vhostUserBackend(pid_t pid, const fs::path& proc) {
  const fs::path process = proc / std::to_string(pid);
  const auto program = programOf(process);
  if (!program)
    throw Error(fmt::format("there is no process {} with a program that can be read; ps -e shows them", pid));
  return examine(process, pid, program->name, mappedFiles(process));
}

}  // namespace descry
