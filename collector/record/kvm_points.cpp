// SPDX-License-Identifier: GPL-2.0-or-later
#include <filesystem>

#include "collector/record/probe_points.hpp"

namespace descry {

namespace {

constexpr const char* kNoDoorbell = "of what the way of a doorbell out of the guest consists";

const std::vector<ProbePoint>& kvmPoints() {
  using enum Detail;
  constexpr const char* kNoState = "what the virtual CPU did while an interrupt waited for it";
  constexpr const char* kNoInterrupt = "of what the way of an interrupt into the guest consists";
  static const std::vector<ProbePoint> points = {
      {"guest entered", false, Light, {{"kvm_entry", "onEntry", true}}, kNoState},
      {"guest left", false, Light, {{"kvm_exit", "onExit", true}}, kNoState},
      {"VMM called",
       false,
       Light,
       {{"kvm_userspace_exit", "onVmmExit", true}},
       "the VMM's part of it: it counts as KVM's"},
      {"virtual CPU halts",
       false,
       Light,
       {{"kvm_vcpu_halt", "onHalt", false, true}},
       "whether a virtual CPU was halted"},
      {"virtual CPU wakes up",
       false,
       Light,
       {{"kvm_vcpu_wakeup", "onVcpuWakeup", true}},
       "when a halted virtual CPU went on"},
      {"doorbell reaches KVM", false, Light, {{"ioeventfd_write", "onIoeventfd"}}, kNoDoorbell},
      {"doorbell taken by KVM", true, Light, {{"ioeventfd_write", "onIoeventfdReturn"}}, kNoDoorbell},
      {"interrupt reaches KVM", false, Light, {{"irqfd_wakeup", "onIrqfd", false, true}}, kNoInterrupt},
      {"interrupt message of the VMM", false, Light, {{"kvm_send_userspace_msi", "onVmmMessage"}}, kNoInterrupt},
      {"interrupt accepted", false, Light, {{"kvm_apic_accept_irq", "onAccepted", true}}, kNoInterrupt},
      {"interrupt injected", false, Light, {{"kvm_inj_virq", "onInject", true}}, kNoInterrupt},
      {"thread gets a CPU",
       false,
       Light,
       {{"sched_switch", "onSwitch", true}},
       "when virtual CPUs and workers had a CPU"},
      {"thread is woken",
       false,
       Light,
       {{"sched_waking", "onWaking", true}},
       "whether a thread without a CPU waited for one"},
  };
  return points;
}

}  // namespace

std::span<const ProbePoint> hostAndKvmPoints() {
  static const std::vector<ProbePoint> points = [] {
    std::vector<ProbePoint> all(hostPoints().begin(), hostPoints().end());
    for (ProbePoint point : kvmPoints()) {
      point.ofKvm = true;
      all.push_back(std::move(point));
    }
    return all;
  }();
  return points;
}

std::span<const ProbePoint> kvmAlonePoints() {
  static const std::vector<ProbePoint> points = [] {
    std::vector<ProbePoint> all;
    for (const ProbePoint& point : hostAndKvmPoints())
      if (point.ofKvm || point.functions.front().handler == std::string_view("onEventfd")) all.push_back(point);
    for (ProbePoint& point : all) point.without = point.ofKvm ? point.without : kNoDoorbell;
    return all;
  }();
  return points;
}

std::string withoutKvm() {
#if defined(__x86_64__)
  std::error_code error;
  return std::filesystem::exists("/sys/module/kvm", error) ? "" : "the module kvm is not loaded";
#else
  return "the probes of KVM know x86-64 only";
#endif
}

}  // namespace descry
