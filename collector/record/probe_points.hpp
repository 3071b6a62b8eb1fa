// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace descry {

/// How much is probed. A level has all the points of those below it.
enum class Detail { Light, Normal, Full };

/// A function of the kernel, of a QEMU or of a vhost-user backend that shows a point, and the BPF programs for it.
struct ProbeFunction {
  const char* function;
  const char* handler;        ///< programs are called HANDLER_fentry and HANDLER_kprobe, or HANDLER_fexit and
                              ///< HANDLER_kretprobe; of a program: HANDLER_uprobe, HANDLER_uretprobe,
                              ///< HANDLER_usdt
  bool isTracepoint = false;  ///< then the program is HANDLER_tracepoint
  bool onlyKprobe = false;    ///< the kernel attaches fentry to it, but never calls it (seen in kvm of 6.12)
  bool mayBeCut = false;      ///< a variant `.isra.N` of it has its arguments where they were
};

/// One point that probes can see, with its substitutes in order of preference.
struct ProbePoint {
  const char* name;
  bool onReturn;
  Detail detail;  ///< lowest level that has it
  std::vector<ProbeFunction> functions;
  const char* without;              ///< what the report will not know when it is missing
  const char* otherwise = nullptr;  ///< point that says the same with fewer hits: below full only without it
  const char* insteadOf = nullptr;  ///< point that says the very same: only without it
  /// Only kernels, or loaded drivers, that work this way have the function: without it nothing is missed.
  bool mayBeAbsent = false;
  bool ofKvm = false;  ///< no chain depends on it: a hit that is skipped leaves a notification whole, and is not a loss
};

inline constexpr const char* kFetchBegins = "fetch begins";
inline constexpr const char* kVmmAnswers = "VMM answers";

/// The points of a side. One line per point: adding one is a handler in probes/ and an entry here.
std::span<const ProbePoint> hostPoints();
std::span<const ProbePoint> hostAndKvmPoints();  ///< those of a host and of KVM that runs its guests
std::span<const ProbePoint> kvmAlonePoints();    ///< without those of vhost
/// Empty: this machine has KVM, and there are probes for it. Else why not.
std::string withoutKvm();
std::span<const ProbePoint> guestPoints();
std::span<const ProbePoint> qemuPoints();       ///< of each QEMU that serves queues itself
const ProbePoint& qemuDoorbellPoint();          ///< of the kernel, for all of them
std::span<const ProbePoint> qemuTracePoints();  ///< of one whose functions cannot be probed
std::span<const ProbePoint> vhostUserPoints();  ///< of each vhost-user backend

enum class Attachment { Missing, Fentry, Kprobe, Tracepoint, Uprobe, StaticTracePoint };

/// What became of a point: one row of the coverage table.
struct Coverage {
  const ProbePoint* point = nullptr;
  Attachment attachment = Attachment::Missing;
  std::string function;  ///< the kernel's symbol, with its suffix if it has one
  std::string program;   ///< name of the BPF program
  std::string reason;    ///< why missing, or why not by fentry
};

/// fentry, fexit, kprobe, kretprobe, tracepoint, uprobe, uretprobe, usdt or missing.
std::string_view attachmentName(const Coverage& coverage);

}  // namespace descry
