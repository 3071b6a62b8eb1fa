// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/device_facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "collector/facts/apply_facts.hpp"
#include "collector/facts/facts_file.hpp"
#include "collector/facts/said_facts.hpp"
#include "collector/facts/virtio_names.hpp"
#include "tests/unit/error_of.hpp"

namespace descry {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// A line that a guest with virtio-blk-pci wrote into its trace; character n of features is bit n.
constexpr std::string_view kRealLine =
    "virtio0 id=0x0002 features=0010101001110110000000000000110010000000100000000000000000000000 status=0x0000000f "
    "parent=0000:00:02.0 iommu_group=none";

TEST(DeviceListing, ReadsALineOfARealGuest) {
  const auto device = parseDeviceLine(kRealLine);
  ASSERT_TRUE(device);
  EXPECT_EQ(device->name, "virtio0");
  EXPECT_EQ(device->type, 2);
  EXPECT_EQ(device->parent, "0000:00:02.0");
  EXPECT_EQ(device->iommuGroupType, "none");
  EXPECT_EQ(device->active, true);
  // Bits 2 4 6 9 10 11 13 14 28 29 32 40, summed by hand.
  EXPECT_EQ(device->features, 0x10130006e54U);
  EXPECT_EQ(device->feature(kAccessPlatform), false);
  EXPECT_EQ(device->feature(kEventIndex), true);
}

TEST(DeviceListing, TakesTheLower64Of128FeatureBits) {
  const std::string bits = std::string(63, '0') + "1" + std::string(64, '1');
  const auto device = parseDeviceLine("virtio3 features=" + bits);
  ASSERT_TRUE(device);
  EXPECT_EQ(device->features, std::uint64_t{1} << 63);
}

TEST(DeviceListing, CallsADeviceWithoutDriverInactive) {
  EXPECT_EQ(parseDeviceLine("virtio1 id=0x0001 status=0x00000003")->active, false);
  EXPECT_EQ(parseDeviceLine("virtio1 id=0x0001 status=0x00000007")->active, true);
}

TEST(DeviceListing, RefusesWhatIsNoDeviceLine) {
  EXPECT_FALSE(parseDeviceLine("eth0 id=0x0001"));
  EXPECT_FALSE(parseDeviceLine("virtio0"));
  EXPECT_FALSE(parseDeviceLine("virtio0 some words"));
  EXPECT_FALSE(parseDeviceLine("virtio0 id=net"));
  EXPECT_FALSE(parseDeviceLine("virtio0 features=0102"));
}

TEST(DeviceListing, NamesTheBadLine) {
  const std::string text = "# made by hand\n\n" + std::string(kRealLine) + "\nnot a device\n";
  EXPECT_THAT(errorOf([&] { parseDeviceListing(text, "list"); }),
              AllOf(HasSubstr("list:4:"), HasSubstr("not a device")));
}

TEST(MachineFacts, KeepWhatWasSaidFirst) {
  MachineFacts first = parseDeviceListing("virtio0 id=0x0001\n", "a");
  first.complete(parseDeviceListing("virtio0 id=0x0002 parent=0.0.0001\nvirtio1 id=0x0002\n", "b"));
  ASSERT_THAT(first.devices, SizeIs(2));
  EXPECT_EQ(first.devices[0].type, 1);
  EXPECT_EQ(first.devices[0].parent, "0.0.0001");
}

/// A store with one guest device that the trace showed, virtio0 with a queue 0.
class ApplyFacts : public ::testing::Test {
 protected:
  ApplyFacts() {
    CaptureRow capture;
    capture.captureId = 1;
    capture.side = "guest";
    capture.origin = 1000;
    capture.last = 5000;
    store.captures.push_back(capture);
    DeviceRow device;
    device.captureId = 1;
    device.vm = "vm";
    device.name = "virtio0";
    device.active = 1;
    QueueRow queue;
    queue.deviceId = store.addDevice(device);
    queue.queueIndex = 0;
    queue.name = "q0";
    store.addQueue(queue);
    surveyed.captureId = 1;
  }

  void apply(const MachineFacts& facts) { applyFacts(store, "vm", facts, {surveyed}); }
  MachineFacts listing(const std::string& line) { return parseDeviceListing(line + "\n", "listing"); }
  std::int64_t anomaliesNamed(const std::string& kind) {
    store.finish();
    return database.queryInteger("SELECT count(*) FROM anomaly WHERE kind = '" + kind + "'").value_or(0);
  }

  struct TemporaryFile {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("apply_facts_" + std::to_string(::getpid()));
    ~TemporaryFile() { std::filesystem::remove(path); }
  } file;
  Database database = Database::create(file.path);
  FactStore store{database};
  SurveyedCapture surveyed;
};

std::string line(const std::string& parent, bool accessPlatform, const std::string& group = "none") {
  std::string bits(64, '0');
  bits[32] = '1';
  if (accessPlatform) bits[33] = '1';
  return "virtio0 id=0x0002 features=" + bits + " status=0x0f parent=" + parent + " iommu_group=" + group;
}

TEST_F(ApplyFacts, FillDeviceAndQueueNames) {
  apply(listing(line("0000:00:02.0", false)));
  const DeviceRow& device = store.devices.at(0);
  EXPECT_EQ(device.kind, "blk");
  EXPECT_EQ(device.kindSource, "facts");
  EXPECT_EQ(device.transport, "pci");
  EXPECT_EQ(device.transportSource, "facts");
  EXPECT_EQ(device.busId, "0000:00:02.0");
  EXPECT_EQ(device.accessPlatform, 0);
  EXPECT_EQ(store.queues.at(0).name, "req0");
  EXPECT_EQ(store.queues.at(0).layout, "split");
  EXPECT_EQ(store.queues.at(0).indirect, 0);
}

TEST_F(ApplyFacts, SayThatNothingTranslatesWithoutAccessPlatform) {
  apply(listing(line("0000:00:02.0", false)));
  EXPECT_EQ(store.devices.at(0).translation, "not in path");
  EXPECT_THAT(*store.devices.at(0).translationReason, HasSubstr("ACCESS_PLATFORM is not negotiated"));
}

TEST_F(ApplyFacts, SayThatCcwHasNoIommuUnderQemu) {
  MachineFacts facts = listing(line("0.0.0001", true));
  facts.host.backend = "QEMU userspace device";
  apply(facts);
  EXPECT_EQ(store.devices.at(0).dmaApi, 1);
  EXPECT_EQ(store.devices.at(0).translation, "not in path");
  EXPECT_EQ(store.devices.at(0).translationReason, "virtio-ccw has no IOMMU");
}

TEST_F(ApplyFacts, LeaveTheTranslationOpenWhenVhostMayTranslate) {
  MachineFacts facts = listing(line("0.0.0001", true));
  facts.host.backend = "vhost-net (kernel)";
  apply(facts);
  EXPECT_EQ(store.devices.at(0).translation, std::nullopt);
}

TEST_F(ApplyFacts, NeverOverwriteEvidenceOfTheTrace) {
  store.devices.at(0).translation = "device iotlb";
  store.devices.at(0).translationReason = "misses were seen";
  apply(listing(line("0000:00:02.0", false)));
  EXPECT_EQ(store.devices.at(0).translation, "device iotlb");
  EXPECT_EQ(store.devices.at(0).translationReason, "misses were seen");
}

TEST_F(ApplyFacts, KnowFromTheRingAloneThatNothingTranslates) {
  store.devices.at(0).dmaApi = 0;
  apply({});
  EXPECT_EQ(store.devices.at(0).accessPlatform, 0);
  EXPECT_EQ(store.devices.at(0).translation, "not in path");
  EXPECT_EQ(store.devices.at(0).transport, "unknown");
  EXPECT_EQ(store.devices.at(0).transportSource, "unknown");
}

TEST_F(ApplyFacts, AddADeviceThatWasSilent) {
  apply(listing("virtio0 id=0x0002\nvirtio5 id=0x0004 status=0x00"));
  ASSERT_THAT(store.devices, SizeIs(2));
  EXPECT_EQ(store.devices.at(1).name, "virtio5");
  EXPECT_EQ(store.devices.at(1).kind, "rng");
  EXPECT_EQ(store.devices.at(1).active, 0);
  EXPECT_THAT(store.queues, SizeIs(1));
}

// descry record writes the listing when it begins, which may be before the driver negotiates.
TEST_F(ApplyFacts, PreferTheFeaturesOfTheTraceToAnOlderListing) {
  constexpr std::uint64_t kFeatures = 1ULL << 32U | 1ULL << 29U | 1ULL << 17U;
  store.devices.at(0).kind = "net";
  store.devices.at(0).featuresNegotiated = static_cast<std::int64_t>(kFeatures);
  store.devices.at(0).accessPlatform = 0;
  for (const std::int64_t index : {1, 2}) {
    QueueRow queue;
    queue.deviceId = store.devices.at(0).deviceId;
    queue.queueIndex = index;
    store.addQueue(queue);
  }
  apply(listing("virtio0 id=0x0001 features=" + std::string(64, '0') + " status=0x01 parent=0000:00:02.0"));
  EXPECT_EQ(store.devices.at(0).featuresNegotiated, kFeatures);
  EXPECT_EQ(store.queues.at(1).name, "tx0");
  EXPECT_EQ(store.queues.at(2).name, "ctrl");
  EXPECT_EQ(store.queues.at(0).eventIdx, 1);
  EXPECT_EQ(store.queues.at(0).indirect, 0);
  EXPECT_EQ(anomaliesNamed("facts-contradict-trace"), 0);
}

TEST_F(ApplyFacts, KnowNothingFromAListingOlderThanTheDriver) {
  store.devices.at(0).kind = "net";
  store.queues.at(0).queueIndex = 2;
  apply(listing("virtio0 id=0x0001 features=" + std::string(64, '0') + " status=0x01 parent=0000:00:02.0"));
  EXPECT_FALSE(seen(store.devices.at(0).featuresNegotiated));
  EXPECT_FALSE(seen(store.queues.at(0).eventIdx));
  EXPECT_EQ(store.queues.at(0).name, "ctrl");  // an odd one behind the pairs
}

TEST_F(ApplyFacts, CountFeaturesOfAnotherMachine) {
  store.devices.at(0).featuresNegotiated = 1LL << 32U | 1LL << 29U;
  apply(listing(line("0000:00:02.0", true)));
  EXPECT_EQ(store.devices.at(0).featuresNegotiated, 1LL << 32U | 1LL << 29U);
  EXPECT_EQ(anomaliesNamed("facts-contradict-trace"), 1);
}

TEST_F(ApplyFacts, CountFactsThatContradictTheTrace) {
  store.queues.at(0).size = 256;
  MachineFacts facts = listing(line("0000:00:02.0", false));
  facts.devices[0].queues.push_back({.index = 0, .size = 128});
  apply(facts);
  EXPECT_EQ(store.queues.at(0).size, 256);
  EXPECT_EQ(anomaliesNamed("facts-contradict-trace"), 1);
}

TEST_F(ApplyFacts, KeepWhatEventsProveOfKindAndTransport) {
  store.devices.at(0).kind = "net";
  store.devices.at(0).kindSource = "inferred";
  apply(listing(line("0000:00:02.0", false)));
  EXPECT_EQ(store.devices.at(0).kind, "net");
  EXPECT_EQ(anomaliesNamed("facts-contradict-trace"), 1);
}

TEST_F(ApplyFacts, SayWhichDriverAddsByDirection) {
  store.devices.at(0).kind = "net";
  store.devices.at(0).kindSource = "inferred";
  apply(listing("virtio0 id=0x0004 features=" + std::string(64, '0') + " status=0x0f parent=0000:00:02.0"));
  EXPECT_EQ(store.devices.at(0).kind, "rng");
  EXPECT_EQ(anomaliesNamed("facts-contradict-trace"), 0);
}

TEST_F(ApplyFacts, KnowOfADeviceThatQemuServesThatNothingTranslates) {
  MachineFacts facts = listing(line("0000:00:02.0", true));
  facts.host.backend = "vhost-net (kernel)";  // of another device
  facts.more["vmm"] = "QEMU";
  facts.devices[0].vhost = false;
  apply(facts);
  EXPECT_EQ(store.devices.at(0).vhost, 0);
  EXPECT_EQ(store.devices.at(0).translationReason, "the guest has no IOMMU for the device");
}

TEST_F(ApplyFacts, CountVhostThatTheTraceShowsAndTheFactsDeny) {
  CaptureRow host;
  host.captureId = 2;
  host.side = "host";
  store.captures.push_back(host);
  DeviceRow device;
  device.captureId = 2;
  device.name = "0x55e0";
  device.vhost = 1;
  store.addDevice(device);
  SurveyedCapture surveyedHost;
  surveyedHost.captureId = 2;
  surveyedHost.side = Side::Host;
  const MachineFacts facts = parseVmmCommand(
      "qemu-kvm -netdev tap,id=n,vhost=off -device virtio-net-pci,netdev=n,addr=2 -device virtio-balloon-pci,addr=3",
      "ps");
  applyFacts(store, "vm", facts, {surveyed, surveyedHost});
  EXPECT_EQ(anomaliesNamed("facts-contradict-trace"), 1);
}

// The command line of the machine in which the recorded host is a guest: the kernel's vhost serves no disk.
TEST_F(ApplyFacts, SayNothingOfADeviceThatNoneOfThemCanBe) {
  store.devices.at(0).name = "vhost0";
  store.devices.at(0).vhost = 1;
  surveyed.side = Side::Host;
  apply(parseVmmCommand("qemu-system-x86_64 -m 512 -drive if=none,id=d,file=x -device virtio-blk-pci,drive=d,id=out",
                        "cmdline.txt"));
  EXPECT_EQ(store.devices.at(0).kind, "unknown");
  EXPECT_EQ(store.devices.at(0).transport, "unknown");
  EXPECT_EQ(store.devices.at(0).translation, std::nullopt);
  apply(parseVmmCommand("qemu-system-x86_64 -netdev tap,id=n,vhost=on -device virtio-net-pci,netdev=n", "cmdline.txt"));
  EXPECT_EQ(store.devices.at(0).kind, "net");
  EXPECT_EQ(store.devices.at(0).transport, "pci");
}

TEST_F(ApplyFacts, StoreEveryStatementAndCountContradictions) {
  MachineFacts first = listing(line("0000:00:02.0", true)),
               second = parseVmmCommand("qemu-kvm -device virtio-blk-pci,addr=2,iommu_platform=off,id=d,packed=off",
                                        "ps.txt");
  first.source = "list";
  second.source = "ps.txt";
  std::vector<std::string> notes;
  const MachineFacts facts = joinFacts(store, "vm", {first, second}, {surveyed}, notes);
  ASSERT_THAT(facts.devices, SizeIs(1));
  EXPECT_EQ(facts.devices[0].name, "virtio0");
  EXPECT_EQ(facts.devices[0].vmmId, "d");
  EXPECT_EQ(facts.devices[0].source, "list, ps.txt");
  EXPECT_EQ(facts.devices[0].feature(kAccessPlatform), true);  // what was said first
  EXPECT_EQ(anomaliesNamed("facts-contradict"), 1);
  const auto said = [this](std::string_view name, std::string_view source) {
    for (const FactRow& fact : store.facts)
      if (fact.subject == "virtio0" && fact.name == name && fact.source == source) return fact.value;
    return std::string("nothing");
  };
  EXPECT_EQ(said("access_platform", "list"), "on");
  EXPECT_EQ(said("access_platform", "ps.txt"), "off");
  EXPECT_EQ(said("bus_id", "ps.txt"), "0000:00:02.0");
  EXPECT_EQ(said("packed", "ps.txt"), "off");
}

TEST_F(ApplyFacts, RecogniseForcedBounceBuffers) {
  MachineFacts facts;
  facts.guest.bootParameters = "root=/dev/vda iommu=soft,force swiotlb=65536,force";
  apply(facts);
  EXPECT_EQ(store.devices.at(0).swiotlbForced, 1);
}

TEST_F(ApplyFacts, DoNotTakeAnotherParameterForForcedBounceBuffers) {
  MachineFacts facts;
  facts.guest.bootParameters = "swiotlb=65536 iommu=soft,force";
  apply(facts);
  EXPECT_EQ(store.devices.at(0).swiotlbForced, kUnseen);
}

TEST_F(ApplyFacts, TellAProtectedGuestOfS390ByItsTransport) {
  for (const auto& [parent, protection] : {std::pair{"0.0.0001", "s390"}, {"0000:00:02.0", "x86"}}) {
    store.swiotlbPools.clear();
    store.devices.at(0).transport = "unknown";
    MachineFacts facts = listing(line(parent, true));
    facts.guest.protectedGuest = true;
    apply(facts);
    ASSERT_THAT(store.swiotlbPools, SizeIs(1));
    EXPECT_EQ(store.swiotlbPools[0].protection, protection) << parent;
  }
}

TEST_F(ApplyFacts, TurnSkippedProbesIntoALossOverTheWholeCapture) {
  MachineFacts facts;
  facts.guest.probesMissed = 54;
  facts.guest.missedByEvent = {{"get", 54}};
  apply(facts);
  EXPECT_EQ(store.captures.at(0).probesMissed, 54);
  ASSERT_THAT(store.losses, SizeIs(1));
  EXPECT_EQ(store.losses[0].reason, "missed");
  EXPECT_EQ(store.losses[0].begin, 0);
  EXPECT_EQ(store.losses[0].end, 5000);
  EXPECT_EQ(store.losses[0].count, 54);
  EXPECT_EQ(anomaliesNamed("probes-missed"), 1);
}

TEST_F(ApplyFacts, PutOverwrittenEventsBeforeTheFirstOneOfTheirCpu) {
  Batch batch;
  for (const auto& [ns, cpu] : {std::pair<Ns, std::uint16_t>{1000, 0}, {1700, 1}}) {
    Event event;
    event.ns = ns;
    event.cpu = cpu;
    event.kind = EventKind::GuestAdd;
    batch.events.push_back(event);
  }
  surveyed.survey.observe(batch);
  MachineFacts facts;
  facts.guest.overwritten = {{0, 10}, {1, 20}};
  apply(facts);
  EXPECT_EQ(store.captures.at(0).discarded, 30);
  ASSERT_THAT(store.losses, SizeIs(2));
  EXPECT_EQ(store.losses[0].end, 0);
  EXPECT_EQ(store.losses[1].end, 700);
  EXPECT_EQ(store.losses[1].reason, "overwritten");
}

TEST_F(ApplyFacts, InferTheTransportFromTheFunctionThatRangTheDoorbell) {
  Event notify;
  notify.kind = EventKind::GuestNotify;
  notify.append(Field::Device, 0);
  Batch batch;
  batch.events.push_back(notify);
  surveyed.survey.observe(batch);
  MachineFacts facts;
  facts.guest.probedFunctions = {{"notify", "vm_notify"}};
  apply(facts);
  EXPECT_EQ(store.devices.at(0).transport, "mmio");
  EXPECT_EQ(store.devices.at(0).transportSource, "inferred");
}

TEST_F(ApplyFacts, SayOfAHostsDevicesOnlyWhatHoldsForAllOfTheGuest) {
  store.devices.at(0).name = "0x55e0";
  surveyed.side = Side::Host;
  const std::string disk = line("0000:00:02.0", false);
  std::string net = line("0000:00:03.0", false);
  net.replace(0, 17, "virtio1 id=0x0001");
  apply(listing(disk + "\n" + net));
  const DeviceRow& device = store.devices.at(0);
  EXPECT_EQ(device.transport, "pci");
  EXPECT_EQ(device.transportSource, "facts");
  EXPECT_EQ(device.kind, "unknown");
  EXPECT_EQ(device.translation, "not in path");
  EXPECT_EQ(device.busId, std::nullopt);
  EXPECT_THAT(store.devices, SizeIs(1));
}

TEST_F(ApplyFacts, SayNothingOfAHostsDevicesWhereTheGuestsDiffer) {
  store.devices.at(0).name = "0x55e0";
  surveyed.side = Side::Host;
  std::string other = line("0.0.0001", true);
  other.replace(0, 7, "virtio1");
  apply(listing(line("0000:00:02.0", false) + "\n" + other));
  EXPECT_EQ(store.devices.at(0).transport, "unknown");
  EXPECT_EQ(store.devices.at(0).kind, "blk");
  EXPECT_EQ(store.devices.at(0).translation, std::nullopt);
}

TEST(TraceSurvey, TakesDeviceFactsFromTheGuestsMarkers) {
  TraceSurvey survey;
  Batch batch;
  batch.texts = {"tracing_mark_write: descry-device " + std::string(kRealLine), "descry write64k"};
  for (std::uint32_t text : {1U, 2U}) {
    Event marker;
    marker.kind = EventKind::GuestMarker;
    marker.text = text;
    batch.events.push_back(marker);
  }
  survey.observe(batch);
  ASSERT_THAT(survey.devices(), SizeIs(1));
  EXPECT_EQ(survey.devices()[0].parent, "0000:00:02.0");
}

TEST(TraceSurvey, TakesANestedHostForAHost) {
  TraceSurvey survey;
  Batch batch;
  batch.events.resize(5);
  for (Event& event : batch.events) event.kind = EventKind::GuestAdd;
  survey.observe(batch);
  EXPECT_EQ(survey.side(), Side::Guest);
  EXPECT_FALSE(survey.sideIsCertain());
  batch.events.resize(1);
  batch.events[0].kind = EventKind::VhostFetch;
  survey.observe(batch);
  EXPECT_EQ(survey.side(), Side::Host);
  EXPECT_TRUE(survey.sideIsCertain());
  EXPECT_TRUE(survey.nested());
}

}  // namespace
}  // namespace descry
