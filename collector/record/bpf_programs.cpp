// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/bpf_programs.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <set>
#include <utility>

#include "collector/record/machine_devices.hpp"

namespace descry {

namespace {

std::string& libbpfMessage() {
  static std::string message;
  return message;
}

int keepMessage(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  // One message may hold a whole verifier log.
  static char text[65536];
  const int length = std::vsnprintf(text, sizeof text, format, arguments);
  if (length > 0 && libbpfMessage().size() < 2 * sizeof text) libbpfMessage() += text;
  return length;
}

std::vector<std::string_view> functionNames(std::span<const ProbePoint> points) {
  std::vector<std::string_view> names;
  for (const ProbePoint& point : points)
    for (const ProbeFunction& function : point.functions) names.emplace_back(function.function);
  return names;
}

std::string programName(const ProbeFunction& function, bool onReturn, bool fentry) {
  const char* kind = fentry ? (onReturn ? "_fexit" : "_fentry") : (onReturn ? "_kretprobe" : "_kprobe");
  return std::string(function.handler) + kind;
}

/// What the verifier said last, of the log that libbpf prints; empty when it said nothing.
std::string verifierReason(const std::string& message) {
  const auto end = message.find("\nprocessed ");
  if (end == std::string::npos) return {};
  const auto begin = message.rfind('\n', end - 1);
  return ": " + message.substr(begin + 1, end - begin - 1);
}

}  // namespace

BpfCompiler bpfCompiler() {
  const std::string enabled = textOf("/proc/sys/net/core/bpf_jit_enable");
  return enabled.empty() ? BpfCompiler::None : enabled == "0" ? BpfCompiler::Off : BpfCompiler::On;
}

void silenceLibbpf() {
  libbpf_set_print(keepMessage);
}

std::string takeLibbpfMessage() {
  return std::exchange(libbpfMessage(), {});
}

void BpfPrograms::LinkDelete::operator()(bpf_link* link) const {
  bpf_link__destroy(link);
}

BpfPrograms::BpfPrograms(std::span<const ProbePoint> points, Detail detail)
    : m_detail(detail), m_symbols(functionNames(points)) {
  for (const ProbePoint& point : points)
    if (point.detail <= detail) m_coverage.push_back({.point = &point, .function = {}, .program = {}, .reason = {}});
}

void BpfPrograms::chooseFor(Coverage& coverage, bool fentry) {
  coverage.attachment = Attachment::Missing;
  for (const ProbeFunction& function : coverage.point->functions) {
    if (function.isTracepoint) {
      if (!m_symbols.hasTracepoint(function.function)) continue;
      coverage.function = function.function;
      coverage.attachment = Attachment::Tracepoint;
      coverage.program = std::string(function.handler) + "_tracepoint";
      return;
    }
    if (m_symbols.has(function.function)) {
      coverage.function = function.function;
      const bool traced = fentry && !function.onlyKprobe && m_symbols.parametersOf(function.function) >= 0;
      if (fentry && !traced && coverage.reason.empty())
        coverage.reason = function.onlyKprobe  ? "fentry is not called for it"
                          : m_symbols.hasBtf() ? "not in the kernel's BTF"
                                               : "the kernel has no BTF";
      coverage.attachment = traced ? Attachment::Fentry : Attachment::Kprobe;
      coverage.program = programName(function, coverage.point->onReturn, traced);
      return;
    }
    const std::string variant = function.mayBeCut ? m_symbols.variantOf(function.function) : std::string();
    if (!variant.empty()) {
      coverage.function = variant;
      coverage.attachment = Attachment::Kprobe;
      coverage.program = programName(function, coverage.point->onReturn, false);
      coverage.reason = "the compiler changed the function";
      return;
    }
  }
  coverage.reason =
      fmt::format("no function {} in this kernel and its loaded modules", coverage.point->functions.front().function);
}

void BpfPrograms::choose(bool fentry) {
  for (Coverage& coverage : m_coverage) chooseFor(coverage, fentry);
  leaveOutSubstitutes();
}

void BpfPrograms::leaveOutSubstitutes() {
  std::set<std::string_view> there, shown;
  for (const Coverage& coverage : m_coverage) {
    if (coverage.attachment != Attachment::Missing) there.insert(coverage.point->name);
    // A kprobe in the place of another point may be missing: some have no program for it.
    if (coverage.point->insteadOf != nullptr && coverage.attachment == Attachment::Fentry)
      shown.insert(coverage.point->insteadOf);
  }
  shown.insert(there.begin(), there.end());
  const auto holds = [](const auto& points, const char* point) { return point != nullptr && points.contains(point); };
  std::erase_if(m_coverage, [&](const Coverage& coverage) {
    return (coverage.point->mayBeAbsent && coverage.attachment == Attachment::Missing) ||
           holds(there, coverage.point->insteadOf) ||
           (m_detail != Detail::Full && holds(shown, coverage.point->otherwise));
  });
}

bool BpfPrograms::needsArguments() const {
  return std::ranges::any_of(m_coverage, [](const Coverage& coverage) {
    return coverage.point->onReturn && coverage.attachment == Attachment::Kprobe;
  });
}

void BpfPrograms::selectIn(bpf_object* object, const std::vector<std::string>& extra) const {
  std::set<std::string> wanted(extra.begin(), extra.end());
  for (const Coverage& coverage : m_coverage)
    if (coverage.attachment != Attachment::Missing) wanted.insert(coverage.program);
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, program)) != nullptr)
    bpf_program__set_autoload(program, wanted.contains(bpf_program__name(program)));
}

void BpfPrograms::replaceRefused(const Open& open) {
  const auto refused = [&open](const Coverage& coverage) -> int {
    const auto object = open();
    bpf_program* program = nullptr;
    while ((program = bpf_object__next_program(object.get(), program)) != nullptr)
      bpf_program__set_autoload(program, coverage.program == bpf_program__name(program));
    return bpf_object__load(object.get());
  };
  for (Coverage& coverage : m_coverage) {
    while (coverage.attachment != Attachment::Missing) {
      takeLibbpfMessage();
      const int error = refused(coverage);
      if (error == 0) break;
      const bool wasFentry = coverage.attachment == Attachment::Fentry;
      const std::string reason =
          fmt::format("{}: {}{}", attachmentName(coverage), std::strerror(-error), verifierReason(takeLibbpfMessage()));
      chooseFor(coverage, false);
      if (!wasFentry) coverage.attachment = Attachment::Missing;
      coverage.reason = reason;
    }
  }
}

bool BpfPrograms::attach(bpf_object* object) {
  bool replaced = false;
  for (Coverage& coverage : m_coverage) {
    if (coverage.attachment == Attachment::Missing) continue;
    bpf_program* program = bpf_object__find_program_by_name(object, coverage.program.c_str());
    const bool fentry = coverage.attachment == Attachment::Fentry;
    bpf_link* link = nullptr;
    if (program == nullptr)
      errno = ENOENT;
    else if (coverage.attachment == Attachment::Tracepoint)
      link = bpf_program__attach_raw_tracepoint(program, coverage.function.c_str());
    else if (fentry)
      link = bpf_program__attach_trace(program);
    else
      link = bpf_program__attach_kprobe(program, coverage.point->onReturn, coverage.function.c_str());
    if (link != nullptr) {
      Attached& attached = coverage.point->ofKvm ? m_kvmAttached : m_attached;
      attached.links.emplace_back(link);
      attached.programFds.push_back(bpf_program__fd(program));
      continue;
    }
    // ENOTSUPP, which the C library does not know: fentry takes fewer arguments than the function has.
    const std::string reason =
        fmt::format("{}: {}", attachmentName(coverage), errno == 524 ? "not supported for it" : std::strerror(errno));
    if (fentry)
      chooseFor(coverage, false);
    else
      coverage.attachment = Attachment::Missing;
    replaced |= fentry;
    coverage.reason = reason;
  }
  if (replaced) detach();
  return !replaced;
}

void BpfPrograms::attachExtra(bpf_object* object, const std::string& program, const std::string& function) {
  bpf_program* found = bpf_object__find_program_by_name(object, program.c_str());
  if (found == nullptr) return;
  if (bpf_link* link = bpf_program__attach_kprobe(found, false, function.c_str())) m_attached.links.emplace_back(link);
}

std::uint64_t BpfPrograms::missed(const Attached& attached) {
  // Newer than the headers of this system; older kernels leave it as it is.
  struct KprobeLinkInfo {
    std::uint32_t type, id, programId, unused, perfType, unused2;
    std::uint64_t name;
    std::uint32_t nameLength, offset;
    std::uint64_t address, missed;
  };
  std::uint64_t sum = 0;
  for (const auto& link : attached.links) {
    KprobeLinkInfo info{};
    std::uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(bpf_link__fd(link.get()), &info, &size) == 0 && info.type == BPF_LINK_TYPE_PERF_EVENT)
      sum += info.missed;
  }
  for (const int program : attached.programFds) {
    bpf_prog_info info{};
    std::uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(program, &info, &size) == 0) sum += info.recursion_misses;
  }
  return sum;
}

void BpfPrograms::detach() {
  m_attached = {};
  m_kvmAttached = {};
}

std::size_t BpfPrograms::attached() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      m_coverage, [](const Coverage& coverage) { return coverage.attachment != Attachment::Missing; }));
}

bool BpfPrograms::mostlyFentry() const {
  return std::cmp_greater(2 * std::ranges::count(m_coverage, Attachment::Fentry, &Coverage::attachment), attached());
}

}  // namespace descry
