// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/record/kernel_symbols.hpp"
#include "collector/record/probe_set.hpp"

struct bpf_link;
struct bpf_object;

namespace descry {

/// Chooses and attaches the programs of one BPF object: fentry where the kernel takes it, else kprobe, each point on
/// its own.
class BpfPrograms {
 public:
  /// Opens a fresh, configured object for tests of single programs; the caller keeps the real one.
  using Open = std::function<std::shared_ptr<bpf_object>()>;

  BpfPrograms(std::span<const ProbePoint> points, Detail detail);

  /// Chooses a program per point. Call before the object is loaded.
  void choose(bool fentry);
  /// True when some return is probed by kretprobe, which needs the arguments kept from the entry.
  bool needsArguments() const;
  /// Sets which programs of `object` are loaded; `extra` are loaded besides.
  void selectIn(bpf_object* object, const std::vector<std::string>& extra) const;
  /// After a load that failed: loads each program alone in an object from `open`, and replaces or gives up those that
  /// the kernel does not take.
  void replaceRefused(const Open& open);
  /// Attaches everything that was chosen; what fails becomes missing with the reason. False, and nothing is attached,
  /// when kprobes have to take the place of fentry somewhere: load again, and call this again.
  bool attach(bpf_object* object);
  void attachExtra(bpf_object* object, const std::string& program, const std::string& function);
  void detach();
  /// Hits that ran no program since the probes were attached, as far as the kernel counts them: a kretprobe had no free
  /// instance, or the program was already running on that CPU.
  std::uint64_t missedHits() const { return missed(m_attached); }
  /// The same of points of KVM and the scheduler.
  std::uint64_t missedKvmHits() const { return missed(m_kvmAttached); }

  KernelSymbols& symbols() { return m_symbols; }
  const std::vector<Coverage>& coverage() const { return m_coverage; }
  std::size_t attached() const;
  /// How most of the points are attached.
  bool mostlyFentry() const;

 private:
  void chooseFor(Coverage& coverage, bool fentry);
  void leaveOutSubstitutes();
  struct LinkDelete {
    void operator()(bpf_link* link) const;
  };
  struct Attached {
    std::vector<std::unique_ptr<bpf_link, LinkDelete>> links;
    std::vector<int> programFds;  ///< they belong to the object
  };
  static std::uint64_t missed(const Attached& attached);

  Detail m_detail;
  KernelSymbols m_symbols;
  std::vector<Coverage> m_coverage;
  Attached m_attached, m_kvmAttached;
};

/// Keeps libbpf from printing; its messages are collected and can be asked for when something fails.
void silenceLibbpf();

enum class BpfCompiler { None, Off, On };
/// The kernel's JIT for BPF. Without it programs are interpreted: slower, without callbacks, and without functions of
/// the kernel.
BpfCompiler bpfCompiler();
std::string takeLibbpfMessage();

}  // namespace descry
