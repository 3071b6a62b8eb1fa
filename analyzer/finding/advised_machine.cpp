// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/finding/advised_machine.hpp"

#include "schemas/model/vmm.hpp"

namespace descry {

namespace {

/// What manages the VMM counts more than the VMM, and what manages libvirt more than libvirt.
int weightOf(std::string_view name) {
  for (const VmmName& vmm : kVmmNames)
    if (vmm.name == name) return vmm.runs.empty() ? 1 : name == "libvirt" ? 2 : 3;
  return 1;
}

/// The name of what turns the knobs of a machine; empty when no fact says so.
std::string knownVmm(const Database& database, std::string_view vm) {
  std::string best;
  int most = 0;
  Statement rows = database.prepare(
      "SELECT value, source FROM fact WHERE vm = ? AND subject = 'machine' AND name IN ('vmm', 'managed_by')");
  rows.bind(0, vm);
  while (rows.step()) {
    const int weight = weightOf(rows.text(0)) + (rows.text(1) == kVmmOption ? 10 : 0);
    if (weight <= most) continue;
    most = weight;
    best = rows.text(0);
  }
  return best;
}

bool isWindows(const Database& database, std::string_view vm) {
  Statement rows = database.prepare(
      "SELECT 1 FROM fact WHERE vm = ? AND subject = 'machine' AND name = 'guest_os' AND value = 'Windows'");
  rows.bind(0, vm);
  return rows.step();
}

}  // namespace

AdvisedMachine advisedMachine(const Database& database, std::string_view vm) {
  AdvisedMachine machine;
  const std::string known = knownVmm(database, vm);
  machine.knowsVmm = !known.empty();
  if (machine.knowsVmm)
    machine.vmms = {known};
  else
    machine.vmms = {"QEMU", "libvirt"};
  if (isWindows(database, vm)) machine.guest = "Windows";
  Statement kernels = database.prepare(
      "SELECT DISTINCT c.kernel FROM capture c JOIN device d ON d.capture_id = c.capture_id"
      " WHERE d.vm = ? AND c.side = 'guest' AND c.kernel IS NOT NULL ORDER BY c.capture_id");
  kernels.bind(0, vm);
  while (kernels.step()) {
    if (kernels.text(0).find("Windows") != std::string_view::npos)
      machine.guest = "Windows";
    else if (!machine.kernel)
      machine.kernel = releaseOf(kernels.text(0));
  }
  return machine;
}

bool isVhostUser(const Database& database, std::string_view vm, std::string_view device) {
  Statement rows =
      database.prepare("SELECT 1 FROM fact WHERE vm = ? AND subject = ? AND name = 'backend' AND value = 'vhost-user'");
  rows.bind(0, vm);
  rows.bind(1, device);
  return rows.step();
}

}  // namespace descry
