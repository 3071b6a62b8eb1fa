// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/capabilities.hpp"

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "schemas/model/error.hpp"

namespace descry {

namespace {

using CapabilitySet = std::array<__user_cap_data_struct, 2>;

CapabilitySet currentSet() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  CapabilitySet set{};
  syscall(SYS_capget, &header, set.data());
  return set;
}

bool holds(const CapabilitySet& set, int capability) {
  return (set[static_cast<std::size_t>(capability / 32)].effective >> (capability % 32) & 1U) != 0;
}

}  // namespace

const std::vector<NeededCapability>& neededCapabilities() {
  static const std::vector<NeededCapability> needed = {
      {CAP_BPF, "CAP_BPF", "load BPF programs"},
      {CAP_PERFMON, "CAP_PERFMON", "attach them to kernel functions and read kernel memory"},
      {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "read the BTF of kernel modules, give the session daemon a place of its own"}};
  return needed;
}

std::vector<NeededCapability> missingCapabilities() {
  const CapabilitySet set = currentSet();
  std::vector<NeededCapability> missing;
  for (const NeededCapability& capability : neededCapabilities())
    if (!holds(set, capability.number)) missing.push_back(capability);
  return missing;
}

void requireCapabilities() {
  const auto missing = missingCapabilities();
  if (missing.empty()) return;
  std::string text;
  for (const NeededCapability& capability : missing)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", capability.name, capability.purpose);
  throw Error(
      fmt::format("missing: {}; run it as root (sudo descry record ...), or where the collector cannot run, "
                  "see descry record --print-trace-cmd",
                  text));
}

bool dropCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  const CapabilitySet none{};
  return syscall(SYS_capset, &header, none.data()) == 0;
}

}  // namespace descry
