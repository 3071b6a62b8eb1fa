// SPDX-License-Identifier: GPL-2.0-or-later
// Which devices of several sources are one.
#include "collector/facts/same_devices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/facts/facts_file.hpp"

namespace descry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

MachineFacts command(const std::string& devices) {
  MachineFacts facts = parseVmmCommand("qemu-kvm -m 1 " + devices, "ps");
  facts.source = "ps.txt";
  return facts;
}

/// "virtio0: net0 net0" for each device: the guest's name, and the labels of who speaks of it.
std::vector<std::string> shown(const SameDevices& same) {
  std::vector<std::string> lines;
  for (const SameDevice& device : same.devices()) {
    std::string line = device.name + ":";
    for (const SaidDevice& said : device.said)
      line += " " + (said.facts->name.empty() ? said.facts->label : said.facts->name);
    lines.push_back(line);
  }
  return lines;
}

TEST(SameDevices, AreThoseOfOneBusId) {
  const std::vector<MachineFacts> said = {
      parseDeviceListing("virtio4 id=0x0001 parent=0000:00:06.0\nvirtio5 id=0x0001 parent=0000:00:05.0\n", "list"),
      command("-device virtio-net-pci,id=a,addr=5 -device virtio-net-pci,id=b,addr=6")};
  const SameDevices same(said, {{"virtio4", "unknown"}});
  EXPECT_THAT(shown(same), UnorderedElementsAre("virtio4: virtio4 b", "virtio5: virtio5 a"));
  EXPECT_THAT(same.notes(), IsEmpty());
}

TEST(SameDevices, AreThoseOfOneIdThroughAThirdSource) {
  MachineFacts monitor = parseHmp("/machine/peripheral/b/virtio-backend [virtio-net]\n", "hmp");
  const std::vector<MachineFacts> said = {
      monitor, command("-device virtio-net-pci,id=a,addr=5 -device virtio-net-pci,id=b,addr=6"),
      parseDeviceListing("virtio4 id=0x0001 parent=0000:00:06.0\n", "list")};
  EXPECT_THAT(shown(SameDevices(said, {})), UnorderedElementsAre("virtio4: b b virtio4", ": a"));
}

TEST(SameDevices, AreTheOnlyOnesOfTheirKind) {
  const std::vector<MachineFacts> said = {command("-device virtio-net-pci,id=a -device virtio-blk-pci,id=d")};
  const SameDevices same(said, {{"virtio3", "blk"}});
  EXPECT_THAT(shown(same), UnorderedElementsAre("virtio3: d", ": a"));
}

TEST(SameDevices, OfTwoOfAKindWithoutAddressesStayApartAndSaySo) {
  const std::vector<MachineFacts> said = {command("-device virtio-net-pci,id=a -device virtio-net-pci,id=b")};
  const SameDevices same(said, {{"virtio0", "net"}});
  EXPECT_THAT(shown(same), UnorderedElementsAre(": a", ": b"));
  EXPECT_THAT(same.notes(), ElementsAre(HasSubstr("ps.txt: which of its devices (a, b) is virtio0 is not known")));
}

// QEMU gives them slots in the order of the command line.
TEST(SameDevices, WithoutAddressesFollowFromTheCommandLineWhereTheGuestHasAsMany) {
  const std::vector<MachineFacts> said = {command("-device virtio-net-pci,id=a -device virtio-net-pci,id=b")};
  EXPECT_THAT(shown(SameDevices(said, {{"virtio0", "net"}, {"virtio1", "unknown"}})),
              UnorderedElementsAre("virtio0: a", "virtio1: b"));
  const std::vector<MachineFacts> mixed = {command("-device virtio-net-pci,id=a,addr=7 -device virtio-net-pci,id=b")};
  EXPECT_THAT(shown(SameDevices(mixed, {{"virtio0", "net"}, {"virtio1", "net"}})), UnorderedElementsAre(": a", ": b"));
}

// A guest numbers its devices in the order of their addresses: 00:05.0 is virtio0.
TEST(SameDevices, FollowFromTheOrderOfTheAddresses) {
  const std::vector<MachineFacts> said = {
      command("-device virtio-net-pci,id=a,addr=6 -device virtio-net-pci,id=b,addr=5")};
  const SameDevices same(said, {{"virtio0", "unknown"}, {"virtio1", "net"}});
  EXPECT_THAT(shown(same), UnorderedElementsAre("virtio0: b", "virtio1: a"));
  EXPECT_THAT(same.notes(), ElementsAre(HasSubstr("ps.txt: b is virtio0, a is virtio1, by the place")));
}

TEST(SameDevices, DoNotFollowFromAnOrderThatAKindContradicts) {
  const std::vector<MachineFacts> said = {command(
      "-device virtio-net-pci,id=a,addr=5 -device virtio-net-pci,id=b,addr=6 -device virtio-blk-pci,id=c,addr=7")};
  EXPECT_THAT(shown(SameDevices(said, {{"virtio0", "unknown"}, {"virtio1", "blk"}})),
              UnorderedElementsAre("virtio1: c", ": a", ": b"));
  // More devices in the guest than in the source: it is not the source of all.
  EXPECT_THAT(shown(SameDevices(said, {{"virtio0", "unknown"}, {"virtio7", "net"}})),
              UnorderedElementsAre(": a", ": b", ": c"));
}

TEST(SameDevices, OfAMonitorSayNothingOfTheirPlace) {
  MachineFacts monitor = parseHmp("/machine/peripheral/b/virtio-backend [virtio-net]\n", "hmp");
  const std::vector<MachineFacts> said = {monitor};
  EXPECT_THAT(shown(SameDevices(said, {{"virtio0", "unknown"}})), ElementsAre(": b"));
}

}  // namespace
}  // namespace descry
