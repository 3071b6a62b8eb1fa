// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/doctor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "collector/facts/facts_file.hpp"
#include "collector/facts/virtio_names.hpp"
#include "collector/record/bpf_programs.hpp"
#include "collector/record/capabilities.hpp"
#include "collector/record/machine_devices.hpp"
#include "collector/record/probe_set.hpp"
#include "collector/session/daemon_state.hpp"
#include "collector/source/ctf/babeltrace/reader_version.hpp"
#include "collector/vmm/qemu_processes.hpp"
#include "collector/vmm/vhost_user_backends.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

namespace fs = std::filesystem;

bool exists(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

/// Path of a program; empty when it is not installed.
fs::path inPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "/usr/bin:/bin" : path;
  while (!rest.empty()) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const fs::path candidate = fs::path(rest.substr(0, colon)) / program;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return {};
}

/// True when the file contains the text: how an ELF file names the libraries it needs and the notes it has.
bool contains(const fs::path& path, std::string_view text) {
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  return content.find(text) != std::string::npos;
}

class Examiner {
 public:
  Diagnosis run();

 private:
  void add(Examination examination) { m_diagnosis.examinations.push_back(std::move(examination)); }
  void attribute(std::string cause, bool possible, std::string why) {
    m_diagnosis.attributions.push_back({std::move(cause), possible, std::move(why)});
  }
  void kernel();
  void capabilities();
  void lttng();
  void reader();
  void qemuProgram(const std::string& name, const fs::path& program);
  void qemu();
  void vhostUser();
  void vhost();
  void virtio();
  void device(const DeviceFacts& device);
  void swiotlb();
  std::vector<Coverage> tryProbes(std::span<const ProbePoint> points, bool host) const;
  void probes(std::string_view side, std::span<const ProbePoint> points);
  void attributions();

  Diagnosis m_diagnosis;
  bool m_host = false, m_guest = false, m_qemu = false, m_hostMisses = false, m_bounces = false, m_translates = false;
};

void Examiner::kernel() {
  utsname name{};
  uname(&name);
  m_diagnosis.kernel = name.release;
  m_diagnosis.architecture = name.machine;
  const std::string instead = "descry record --print-trace-cmd > record.sh; sh record.sh COMMAND";
  if (exists("/sys/kernel/btf/vmlinux"))
    add({"btf", "kernel type information (BTF)", Finding::Good, "there", "", ""});
  else
    add({"btf", "kernel type information (BTF)", Finding::Missing, "none in this kernel",
         "the collector's probes cannot find the kernel's structures", instead});
  if (const BpfCompiler compiler = bpfCompiler(); compiler != BpfCompiler::On)
    add({"bpf-jit", "BPF compiler", Finding::Limited, compiler == BpfCompiler::None ? "none" : "off",
         "probes are interpreted: they cost several times more",
         compiler == BpfCompiler::None ? "" : "sysctl net.core.bpf_jit_enable=1"});
  else
    add({"bpf-jit", "BPF compiler", Finding::Good, "on", "", ""});
  const std::string lockdown = textOf("/sys/kernel/security/lockdown");
  if (lockdown.find("[confidentiality]") != std::string::npos)
    add({"lockdown", "kernel lockdown", Finding::Missing, "confidentiality",
         "the kernel does not allow its memory to be read, so it refuses probes",
         "boot with lockdown=integrity, or without it"});
  else
    add({"lockdown", "kernel lockdown", Finding::Good, lockdown.empty() ? "not in this kernel" : lockdown, "", ""});
}

void Examiner::capabilities() {
  std::vector<std::string> names;
  for (const NeededCapability& capability : missingCapabilities())
    names.push_back(fmt::format("{} ({})", capability.name, capability.purpose));
  if (names.empty())
    add({"capabilities", "capabilities", Finding::Good, "all that a recording uses", "", ""});
  else
    add({"capabilities", "capabilities", Finding::Missing, fmt::format("missing: {}", fmt::join(names, ", ")),
         "nothing can be recorded", "sudo descry doctor; sudo descry record ..."});
}

void Examiner::lttng() {
  const fs::path daemon = inPath("lttng-sessiond");
  if (daemon.empty())
    add({"lttng", "LTTng session daemon", Finding::Missing, "not installed", "traces cannot be written",
         "apt-get install lttng-tools"});
  else
    add({"lttng", "LTTng session daemon", Finding::Good,
         fmt::format("{}, {}", daemon.string(),
                     sessionDaemonRuns() ? "one runs and will be used" : "none runs: a private one will be started"),
         "", ""});
}

void Examiner::reader() {
  add({"babeltrace", "trace reader", Finding::Good,
       fmt::format("CTF 1.8 and 2; Babeltrace {} reads damaged traces", traceReaderVersion()), "", ""});
}

/// What its own trace events offer besides probes.
std::string traceBackendOf(const fs::path& program) {
  if (contains(program, "liblttng-ust.so")) return "; it also has the trace backend ust";
  // the format of the log backend's line
  return contains(program, "06zu:virtqueue_pop") ? "; it also has the trace backend log" : "";
}

void Examiner::qemuProgram(const std::string& name, const fs::path& program) {
  const std::string backend = traceBackendOf(program);
  const std::string refusal = qemuRefusal(program);
  if (refusal.empty())
    return add({"qemu", name, Finding::Good, "queues that it serves itself can be probed as it is" + backend, "", ""});
  const bool log = backend.ends_with("log"), ust = backend.ends_with("ust");
  Examination found{"qemu", name, ust ? Finding::Good : Finding::Limited, "cannot be probed: " + refusal + backend,
                    "",     ""};
  if (log) {
    found.means = "the times of its log are microseconds, and every event costs a line of text";
    found.fix = name +
                " ... -msg timestamp=on -trace 'virtqueue_*' -trace 'virtio_*' -trace 'vtd_*' -D qemu.log; "
                "descry import --host qemu.log ...";
  } else if (ust) {
    found.fix = "descry record --with-ust 'qemu:virt*'";
  } else {
    found.means = "devices that it serves itself are seen from the guest's side alone; kernel vhost is seen";
  }
  add(std::move(found));
}

void Examiner::qemu() {
  bool any = false;
  for (const std::string& name : {"qemu-system-" + m_diagnosis.architecture, std::string("qemu-kvm")}) {
    fs::path program = inPath(name);
    if (program.empty() && exists("/usr/libexec/" + name)) program = "/usr/libexec/" + name;
    if (program.empty()) continue;
    any = true;
    qemuProgram(name, program);
  }
  for (const QemuProcess& qemu : runningQemus()) {
    any = true;
    const std::string name = fmt::format("{} ({})", qemu.name, qemu.pid);
    const std::string version = qemu.replaced ? ", though another version lies in its place on disk" : "";
    if (qemu.refusal.empty())
      add({"qemu-process", name, Finding::Good, "runs, and can be probed" + version, "", ""});
    else
      add({"qemu-process", name, Finding::Limited, "runs, and cannot be probed: " + qemu.refusal,
           "queues that it serves itself are seen from the guest's side alone", ""});
    m_qemu |= qemu.refusal.empty();
  }
  if (!any) add({"qemu", "QEMU", Finding::Good, "not on this machine", "", ""});
}

void Examiner::vhostUser() {
  for (const VhostUserBackend& backend : runningVhostUserBackends()) {
    const std::string name = fmt::format("{} ({})", backend.name, backend.pid);
    const std::string version = backend.replaced ? ", though another version lies in its place on disk" : "";
    if (backend.refusal.empty())
      add({"vhost-user", name, Finding::Good,
           fmt::format("a vhost-user backend, by {}; it can be probed{}", backend.library, version), "", ""});
    else
      add({"vhost-user", name, Finding::Limited,
           fmt::format("a vhost-user backend that cannot be probed: {}", backend.refusal),
           "its queues are seen from the guest's side alone", "build it with descry-ust (pkg-config descry-ust)"});
    m_qemu |= backend.refusal.empty();
  }
}

void Examiner::vhost() {
  const bool loaded = exists("/sys/module/vhost");
  const auto owners = vhostOwners();
  if (!loaded) {
    add({"vhost", "kernel vhost", Finding::Good, "not loaded: no device is served by this kernel", "",
         exists("/dev/vhost-net") ? "modprobe vhost_net" : ""});
    return;
  }
  m_host = true;
  std::vector<std::string> names;
  for (const VhostOwner& owner : owners)
    names.push_back(fmt::format("{} {} ({})", owner.name, owner.pid, owner.device));
  add({"vhost", "kernel vhost", Finding::Good,
       names.empty() ? "loaded, not in use" : fmt::format("used by {}", fmt::join(names, ", ")), "", ""});
  const std::string without = withoutKvm();
  add({"kvm", "KVM", Finding::Good,
       without.empty() ? "loaded: its exits, doorbells and interrupts are recorded with kernel vhost" : without, "",
       ""});
  probes("host", without.empty() ? hostAndKvmPoints() : hostPoints());
}

void Examiner::device(const DeviceFacts& device) {
  const bool platform = device.features && ((*device.features >> kAccessPlatform) & 1U) != 0;
  const std::string group = device.iommuGroupType.value_or("none");
  const bool translating = group.starts_with("DMA");
  const std::string where = fmt::format("on {}", device.parent.value_or("an unknown bus"));
  Examination found{"device", device.name, Finding::Good, "", "", ""};
  if (!platform) {
    found.found = where + ", no ACCESS_PLATFORM: the driver uses physical addresses";
  } else if (translating) {
    m_translates = true;
    found.found = fmt::format("{}, ACCESS_PLATFORM, IOMMU group {}: every buffer is mapped", where, group);
  } else {
    found.finding = Finding::Limited;
    found.found =
        fmt::format("{}, ACCESS_PLATFORM, IOMMU group {}: the DMA API is used, no IOMMU is in the way", where, group);
    found.means = "if the host translates this device's addresses, the translation has no effect";
    found.fix = "set iommu_platform=off for the device, unless guest memory is protected";
  }
  add(std::move(found));
}

void Examiner::virtio() {
  const std::string listing = virtioDeviceListing();
  if (listing.empty()) {
    add({"virtio", "virtio devices", Finding::Good, "none: this machine has no virtio devices", "", ""});
    return;
  }
  m_guest = true;
  try {
    for (const DeviceFacts& facts : parseDeviceListing(listing, "/sys/bus/virtio/devices").devices) device(facts);
  } catch (const Error& error) {
    add({"virtio", "virtio devices", Finding::Limited, error.what(), "devices cannot be described", ""});
  }
  swiotlb();
  probes("guest", guestPoints());
}

void Examiner::swiotlb() {
  const std::string slots = textOf("/sys/kernel/debug/swiotlb/io_tlb_nslabs");
  const std::string used = textOf("/sys/kernel/debug/swiotlb/io_tlb_used");
  const bool forced = textOf("/proc/cmdline").find("swiotlb=force") != std::string::npos;
  const bool isProtected = textOf("/sys/firmware/uv/prot_virt_guest") == "1" ||
                           textOf("/proc/cpuinfo").find("tdx_guest") != std::string::npos;
  m_bounces = forced || isProtected || (!used.empty() && used != "0");
  std::string found = slots.empty() ? "no pool, or debugfs is not mounted"
                                    : fmt::format("a pool of {} slots of 2 KiB, {} in use", slots, used);
  if (forced) found += "; forced at boot";
  if (isProtected) found += "; guest memory is protected";
  add({"swiotlb", "bounce buffers", m_bounces ? Finding::Limited : Finding::Good, found,
       m_bounces ? "requests are copied: the report will show what that costs" : "",
       forced && !isProtected ? "boot without swiotlb=force" : ""});
}

/// With the capabilities for it the probes are attached for a moment: only the kernel knows what it takes.
std::vector<Coverage> Examiner::tryProbes(std::span<const ProbePoint> points, bool host) const {
  if (missingCapabilities().empty()) {
    const auto make = host ? makeHostProbes : makeGuestProbes;
    const auto probes = make({.detail = Detail::Full, .kvm = host && withoutKvm().empty()}, [](const RecordRun&) {});
    probes->attach();
    return probes->coverage();
  }
  BpfPrograms programs(points, Detail::Full);
  programs.choose(true);
  return programs.coverage();
}

void Examiner::probes(std::string_view side, std::span<const ProbePoint> points) {
  Examination examination{
      fmt::format("probes-{}", side), fmt::format("probe points ({})", side), Finding::Good, "", "", ""};
  try {
    std::size_t byFentry = 0, attached = 0;
    std::vector<std::string> missing;
    for (const Coverage& point : tryProbes(points, side == "host")) {
      attached += point.attachment != Attachment::Missing;
      byFentry += point.attachment == Attachment::Fentry;
      if (point.attachment == Attachment::Missing)
        missing.push_back(fmt::format("{}: {}", point.point->functions.front().function, point.reason));
      m_hostMisses |= side == "host" && point.attachment != Attachment::Missing &&
                      std::string_view(point.point->name) == "IOTLB miss raised";
    }
    examination.found =
        fmt::format("{} of {} can be attached, {} of them by fentry", attached, attached + missing.size(), byFentry);
    if (!missing.empty()) examination.found += fmt::format("; not: {}", fmt::join(missing, ", "));
    if (attached == 0) examination.finding = Finding::Missing;
  } catch (const Error& error) {
    examination.finding = Finding::Missing;
    examination.found = error.what();
  }
  if (examination.finding == Finding::Missing) {
    (side == "host" ? m_host : m_guest) = false;
    examination.means = "nothing can be recorded here by the collector";
    examination.fix = fmt::format("descry record --side {} --print-trace-cmd > record.sh; sh record.sh", side);
  }
  add(std::move(examination));
}

void Examiner::attributions() {
  m_host |= m_qemu;
  attribute("iotlb", m_hostMisses || m_translates,
            m_hostMisses   ? "misses of the device IOTLB are seen"
            : m_translates ? "the guest's own mappings are seen; misses on its host need a recording there"
                           : "this machine neither translates for a device nor has one that is translated");
  attribute("swiotlb", m_guest,
            m_guest ? (m_bounces ? "bounces are seen" : "bounces would be seen; nothing bounces now")
                    : "no ring of this machine can be probed; bouncing happens in guests");
  attribute("ring", m_guest || m_host,
            m_guest && m_host ? "both sides' work on rings is seen"
            : m_guest         ? "the drivers' half is seen; the device's needs a recording on the host"
            : m_host          ? "the device's half is seen; the drivers' needs a recording in the guest"
                              : "no ring of this machine can be probed");
  attribute("notification", m_guest || m_host,
            m_guest || m_host ? "this side's half is seen; the way across needs both recordings"
                              : "no ring of this machine can be probed");
  attribute("backend", m_host,
            m_host ? "from the fetch to the used entry"
                   : "neither kernel vhost nor a QEMU can be probed here: record on the host");
}

Diagnosis Examiner::run() {
  silenceLibbpf();
  kernel();
  capabilities();
  lttng();
  reader();
  qemu();
  vhostUser();
  vhost();
  virtio();
  attributions();
  return std::move(m_diagnosis);
}

}  // namespace

Diagnosis examine() {
  return Examiner().run();
}

}  // namespace descry
