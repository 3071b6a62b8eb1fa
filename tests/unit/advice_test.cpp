// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/advice/advice.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "schemas/model/vmm.hpp"

namespace descry {
namespace {

using testing::HasSubstr;
using testing::Not;

AdvisedMachine runBy(const std::string& vmm) {
  AdvisedMachine machine;
  machine.vmms = {vmm};
  machine.knowsVmm = true;
  return machine;
}

constexpr AdvisedDevice kNic{"net", "pci"}, kDisk{"blk", "pci"};

TEST(Advice, EachVmmHasItsOwnWordsForOneKnob) {
  const auto off = [](const char* vmm, const AdvisedDevice& device) {
    return advice(runBy(vmm), device, Knob::AccessPlatform, "off");
  };
  EXPECT_EQ(off("QEMU", kNic), "QEMU '-device virtio-net-pci,iommu_platform=off'");
  EXPECT_EQ(off("libvirt", kNic), "libvirt \"<driver iommu='off'/>\" (3.5.0 and later)");
  EXPECT_THAT(off("cloud-hypervisor", kDisk), HasSubstr("'--disk ...,iommu=off'"));
  EXPECT_THAT(off("Proxmox VE", kDisk), HasSubstr("-global virtio-blk-pci.iommu_platform=off"));
}

TEST(Advice, NotPossibleAndNotKnownAreAnswers) {
  const AdvisedMachine firecracker = runBy("Firecracker"), crosvm = runBy("crosvm"), kvmtool = runBy("kvmtool");
  EXPECT_THAT(advice(firecracker, kNic, Knob::AccessPlatform, "off"), HasSubstr("not possible in Firecracker: "));
  EXPECT_FALSE(isPossible(firecracker, kNic, Knob::AccessPlatform, "off"));
  EXPECT_EQ(adviceLine("Switch it off", firecracker, kNic, Knob::AccessPlatform, "off"),
            "Switch it off: not possible in Firecracker");
  for (const AdvisedMachine& machine : {crosvm, kvmtool}) {
    const std::string text = advice(machine, kNic, Knob::EventIdx, "on");
    EXPECT_THAT(text, HasSubstr("in " + machine.vmms.front() + " is not known"));
    EXPECT_THAT(text, HasSubstr("VIRTIO_F_EVENT_IDX"));
    EXPECT_TRUE(isPossible(machine, kNic, Knob::EventIdx, "on"));
  }
}

TEST(Advice, AnUnknownVmmIsSaidToBe) {
  AdvisedMachine machine;
  machine.vmms = {"QEMU", "libvirt"};
  const std::string text = advice(machine, kDisk, Knob::Queues, "4");
  EXPECT_THAT(text, HasSubstr("QEMU '-device virtio-blk-pci,num-queues=4'"));
  EXPECT_THAT(text, HasSubstr("libvirt \"<driver queues='4'/>\""));
  EXPECT_THAT(text, HasSubstr("the VMM is not known"));
  EXPECT_THAT(advice(runBy("QEMU"), kDisk, Knob::Queues, "4"), Not(HasSubstr("not known")));
}

TEST(Advice, AVhostUserBackendLeavesTheRestToQemu) {
  const AdvisedMachine backend = runBy("vhost-user");
  EXPECT_THAT(advice(backend, kNic, Knob::Queues, "4"), HasSubstr("--vdev net_vhost0,...,queues=4"));
  EXPECT_THAT(advice(backend, kNic, Knob::EventIdx, "off"), HasSubstr("QEMU '-device virtio-net-pci,event_idx=off'"));
  EXPECT_THAT(advice(backend, kNic, Knob::Vhost, "off"), HasSubstr("not possible"));
}

// Polled queues came with Linux 5.19, adaptive interrupts of virtio-net with 6.8.
TEST(Advice, AGuestMayBeTooOldForIt) {
  AdvisedMachine machine = runBy("QEMU");
  EXPECT_THAT(advice(machine, kDisk, Knob::PollCompletions, ""), HasSubstr("(Linux 5.19 and later"));
  machine.kernel = {5, 10};
  EXPECT_EQ(advice(machine, kDisk, Knob::PollCompletions, ""), "not possible: it needs Linux 5.19, the guest has 5.10");
  EXPECT_EQ(adviceLine("Let the guest poll", machine, kDisk, Knob::PollCompletions, ""),
            "Let the guest poll: needs Linux 5.19");
  machine.kernel = {6, 1};
  EXPECT_THAT(advice(machine, kDisk, Knob::PollCompletions, ""), HasSubstr("'virtio_blk.poll_queues=N'"));
  EXPECT_FALSE(isPossible(machine, kNic, Knob::Coalesce, ""));
  machine.kernel = {6, 12};
  EXPECT_TRUE(isPossible(machine, kNic, Knob::Coalesce, ""));
}

TEST(Advice, AWindowsGuestHasPropertiesOfItsAdapter) {
  AdvisedMachine machine = runBy("QEMU");
  machine.guest = "Windows";
  EXPECT_THAT(advice(machine, kNic, Knob::GuestQueues, ""), HasSubstr("Set-NetAdapterRss"));
  EXPECT_THAT(advice(machine, kNic, Knob::Coalesce, ""), HasSubstr("not possible in Windows"));
  EXPECT_THAT(advice(machine, kNic, Knob::Passthrough, ""), HasSubstr("in Windows is not known"));
  EXPECT_THAT(advice(machine, kNic, Knob::Queues, "4"), HasSubstr("QEMU '-netdev tap,...,queues=4"));
}

TEST(Advice, ModelsAreQemusOwn) {
  EXPECT_EQ(qemuModel({"fs", "pci"}), "vhost-user-fs-pci");       // 0x1a
  EXPECT_EQ(qemuModel({"vsock", "pci"}), "vhost-vsock-pci");      // 0x13
  EXPECT_EQ(qemuModel({"console", "pci"}), "virtio-serial-pci");  // 3
  EXPECT_EQ(qemuModel({"console", "mmio"}), "virtio-serial-device");
  EXPECT_EQ(qemuModel({"vsock", "ccw"}), "vhost-vsock-ccw");
  EXPECT_EQ(qemuModel({"mem", "ccw"}), "...");
}

TEST(Advice, EveryLineFitsTheFirstScreen) {
  constexpr std::string_view kLongest = "Use a larger ring or more queues";
  std::vector<std::string> values = {"", "on", "off", "1024", "N"};
  for (const AdviceTable* table : adviceTables())
    for (const KnobInfo& knob : knobs())
      for (const char* kind : {"net", "blk", "scsi", "fs", "console"})
        for (const char* transport : {"pci", "ccw", "mmio"})
          for (const std::string& value : values) {
            AdvisedMachine machine = runBy(table->isGuest ? "QEMU" : std::string(table->name));
            if (table->isGuest) machine.guest = table->name;
            const std::string line = adviceLine(kLongest, machine, {kind, transport}, knob.knob, value);
            EXPECT_LE(line.size(), 74U) << line;
            EXPECT_THAT(line, Not(HasSubstr("{")));
          }
}

TEST(Advice, EachTableIsOfANameThatFactsCanSay) {
  std::set<std::string_view> names;
  for (const VmmName& vmm : kVmmNames) names.insert(vmm.name);
  for (const AdviceTable* table : adviceTables()) {
    EXPECT_TRUE(table->isGuest || names.contains(table->name)) << table->name;
    EXPECT_EQ(adviceTable(table->name), table);
    EXPECT_FALSE(table->entries.empty());
  }
}

TEST(Advice, ReleasesAreReadFromWhatKernelsSayOfThemselves) {
  EXPECT_EQ(releaseOf("6.1.0-18-amd64"), std::pair(6, 1));
  EXPECT_EQ(releaseOf("Linux version 5.19 (gcc)"), std::pair(5, 19));
  EXPECT_EQ(releaseOf("9.0"), std::pair(9, 0));
  EXPECT_EQ(releaseOf("unknown"), std::nullopt);
  EXPECT_EQ(releaseOf("6"), std::nullopt);
}

}  // namespace
}  // namespace descry
