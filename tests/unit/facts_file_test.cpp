// SPDX-License-Identifier: GPL-2.0-or-later
// Facts of what people paste. The inputs are what libvirt, QEMU 7.2, ps and lspci write, shortened.
#include "collector/facts/facts_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/facts/shell_words.hpp"
#include "schemas/model/error.hpp"

namespace descry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kDomain = R"(<?xml version='1.0'?>
<domain type='kvm' id='3' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>vm1</name>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><cmdline>console=ttyS0 swiotlb=force</cmdline></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' iommu='on' packed='on' event_idx='off' queues='2' queue_size='128' iothread='1'/>
      <target dev='vda' bus='virtio'/>
      <alias name='virtio-disk0'/>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
    </disk>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>
    <interface type='bridge'>
      <mac address='52:54:00:12:34:56'/>
      <model type='virtio-non-transitional'/>
      <driver name='vhost' queues='4' rx_queue_size='512'/>
      <alias name='net0'/>
      <address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/>
    </interface>
    <interface type='user'><model type='virtio'/></interface>
    <interface type='vhostuser'><model type='virtio'/><target dev='vu0'/></interface>
    <interface type='network'><model type='e1000'/></interface>
    <controller type='scsi' index='0' model='virtio-scsi'/>
    <iommu model='intel'><driver intremap='on' caching_mode='on' iotlb='on'/></iommu>
  </devices>
  <launchSecurity type='sev'/>
</domain>)";

TEST(LibvirtXml, SaysWhatADomainOffers) {
  const MachineFacts facts = parseLibvirtXml(kDomain, "guest.xml");
  ASSERT_THAT(facts.devices, SizeIs(5));
  const DeviceFacts& disk = facts.devices[0];
  EXPECT_EQ(disk.type, 2);
  EXPECT_EQ(disk.parent, "0000:04:00.0");
  EXPECT_EQ(disk.vmmId, "virtio-disk0");
  EXPECT_EQ(disk.accessPlatform, true);  // it must be accepted
  EXPECT_EQ(disk.packed, std::nullopt);  // offered: a driver may decline
  EXPECT_EQ(disk.more.at("offers_packed"), "on");
  EXPECT_EQ(disk.eventIdx, false);  // not offered, so not in force
  EXPECT_EQ(disk.ringSize, 128);
  EXPECT_EQ(disk.more.at("queues"), "2");
  EXPECT_EQ(disk.more.at("iothread"), "iothread1");
  EXPECT_EQ(facts.more.at("viommu"), "intel");
  EXPECT_EQ(facts.more.at("device_iotlb"), "on");
  EXPECT_EQ(facts.more.at("vmm"), "QEMU");
  EXPECT_EQ(facts.more.at("managed_by"), "libvirt");
  EXPECT_EQ(facts.guest.bootParameters, "console=ttyS0 swiotlb=force");
  EXPECT_EQ(facts.guest.protectedGuest, true);
}

TEST(LibvirtXml, KnowsWhoServesAnInterface) {
  const auto devices = parseLibvirtXml(kDomain, "guest.xml").devices;
  EXPECT_EQ(devices[1].vhost, true);
  EXPECT_EQ(devices[1].parent, "0.0.0001");
  EXPECT_EQ(devices[1].mac, "52:54:00:12:34:56");
  EXPECT_EQ(devices[1].more.at("disable_legacy"), "on");
  EXPECT_EQ(devices[1].ringSize, 512);
  EXPECT_EQ(devices[2].vhost, false);  // user networking has no vhost
  EXPECT_EQ(devices[3].more.at("backend"), "vhost-user");
  EXPECT_EQ(devices[3].label, "vu0");
  EXPECT_EQ(devices[4].type, 8);
}

std::string errorOf(MachineFacts (*parse)(std::string_view, const std::string&), std::string_view text) {
  try {
    parse(text, "file");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// What /etc/libvirt/qemu holds: without aliases but those that people gave, without ids and names of what runs.
constexpr std::string_view kInactive = R"(<!--
WARNING: THIS IS AN AUTO-GENERATED FILE. CHANGES TO IT ARE LIKELY TO BE
OVERWRITTEN AND LOST. Changes to this xml configuration should be made using:
  virsh edit vm1
-->

<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>vm1</name>
  <memory unit='KiB'>2097152</memory>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <target dev='vda' bus='virtio'/>
      <alias name='ua-data'/>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
    </disk>
    <interface type='network'>
      <mac address='52:54:00:12:34:56'/>
      <source network='default'/>
      <model type='virtio'/>
      <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
    </interface>
    <memballoon model='virtio'/>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-device'/>
    <qemu:arg value='virtio-rng-pci,id=extra,iommu_platform=on'/>
    <qemu:arg value='-device'/>
    <qemu:arg value='intel-iommu,caching-mode=on'/>
    <qemu:arg value='-set'/>
    <qemu:arg value='device.ua-data.iommu_platform=on'/>
    <qemu:arg value='-global'/>
    <qemu:arg value='virtio-net-pci.rx_queue_size=1024'/>
    <qemu:env name='QEMU_AUDIO_DRV' value='none'/>
  </qemu:commandline>
  <qemu:override>
    <qemu:device alias='ua-data'>
      <qemu:frontend><qemu:property name='event_idx' type='bool' value='false'/></qemu:frontend>
    </qemu:device>
  </qemu:override>
</domain>)";

TEST(LibvirtXml, ReadsADomainThatDoesNotRun) {
  const MachineFacts facts = parseLibvirtXml(kInactive, "vm1.xml");
  ASSERT_THAT(facts.devices, SizeIs(4));
  EXPECT_TRUE(facts.listsAll);
  EXPECT_EQ(facts.guest.memoryBytes, std::int64_t{2} << 30);
  EXPECT_EQ(facts.devices[0].parent, "0000:04:00.0");
  EXPECT_EQ(facts.devices[0].vmmId, "ua-data");
  EXPECT_EQ(facts.devices[1].parent, "0000:01:00.0");
  EXPECT_EQ(facts.devices[1].mac, "52:54:00:12:34:56");
  EXPECT_EQ(facts.devices[1].vmmId, std::nullopt);
  EXPECT_EQ(facts.devices[1].vhost, std::nullopt);  // where the host has it
  EXPECT_EQ(facts.devices[2].type, 5);
  EXPECT_FALSE(facts.inOrder);
}

TEST(LibvirtXml, ReadsWhatItHandsOnToQemu) {
  const MachineFacts facts = parseLibvirtXml(kInactive, "vm1.xml");
  ASSERT_THAT(facts.devices, SizeIs(4));
  EXPECT_EQ(facts.devices[0].accessPlatform, true);  // -set
  EXPECT_EQ(facts.devices[0].eventIdx, false);       // <qemu:override>
  EXPECT_EQ(facts.devices[1].ringSize, 1024);        // -global
  EXPECT_EQ(facts.devices[1].accessPlatform, std::nullopt);
  EXPECT_EQ(facts.devices[3].type, 4);
  EXPECT_EQ(facts.devices[3].vmmId, "extra");
  EXPECT_EQ(facts.devices[3].accessPlatform, true);
  EXPECT_EQ(facts.more.at("viommu"), "intel");
  EXPECT_EQ(facts.more.at("caching_mode"), "on");
  EXPECT_EQ(facts.more.at("managed_by"), "libvirt");
}

TEST(VmmCommand, OptionsOfADevicePrevailOverThoseOfItsDriver) {
  const MachineFacts facts = parseVmmCommand(
      "qemu-kvm -global virtio-blk-pci.queue-size=64 -global driver=virtio-blk-pci,property=packed,value=off "
      "-device virtio-blk-pci,id=a,queue-size=128 -device virtio-blk-pci,id=b -set device.b.iommu_platform=on",
      "ps");
  ASSERT_THAT(facts.devices, SizeIs(2));
  EXPECT_EQ(facts.devices[0].ringSize, 128);
  EXPECT_EQ(facts.devices[1].ringSize, 64);
  EXPECT_EQ(facts.devices[0].packed, false);
  EXPECT_EQ(facts.devices[0].accessPlatform, std::nullopt);
  EXPECT_EQ(facts.devices[1].accessPlatform, true);
}

TEST(LibvirtXml, RefusesWhatIsNoSingleDomain) {
  EXPECT_THAT(errorOf(parseLibvirtXml, "<domain><devices>"), HasSubstr("file: not valid XML at byte"));
  EXPECT_THAT(errorOf(parseLibvirtXml, "<a><domain/><domain/></a>"), HasSubstr("file: holds 2 domains"));
}

TEST(ShellWords, KeepQuotesBracesAndContinuedLinesTogether) {
  EXPECT_THAT(shellCommands("a 'b c' \"d e\"f \\\n g\\ h\ni\n"),
              ElementsAre(ElementsAre("a", "b c", "d ef", "g h"), ElementsAre("i")));
  EXPECT_THAT(shellCommands(R"(x {"a": {"b": "}"}} y)"), ElementsAre(ElementsAre("x", R"({"a": {"b": "}"}})", "y")));
  EXPECT_THAT(shellCommands(std::string_view("q\0-m\0001\0", 7)), ElementsAre(ElementsAre("q", "-m", "1")));
  EXPECT_THAT(shellCommands("it's here"), ElementsAre(ElementsAre("it's", "here")));
  EXPECT_THAT(shellCommands(""), IsEmpty());
}

constexpr std::string_view kPs =
    "libvirt+    4711 12.5  6.1 5483920 1003412 ?    Sl   10:02  13:37 /usr/bin/qemu-system-x86_64 -name "
    "guest=vm1,debug-threads=on -machine pc-q35-7.2,usb=off -device "
    R"({"driver":"intel-iommu","id":"iommu0","caching-mode":true,"device-iotlb":true} )"
    R"(-device {"driver":"pcie-root-port","id":"pci.2","bus":"pcie.0","addr":"0x2.0x1"} )"
    R"(-device {"driver":"pcie-root-port","id":"pci.1","bus":"pcie.0","multifunction":true,"addr":"0x2"} )"
    R"(-netdev {"type":"tap","fds":"33:34","vhost":true,"vhostfds":"35:36","id":"hostnet0","queues":4} )"
    R"(-device {"driver":"virtio-net-pci","iommu_platform":true,"ats":true,"vectors":10,"rx_queue_size":512,)"
    R"("netdev":"hostnet0","id":"net0","mac":"52:54:00:12:34:56","bus":"pci.2","addr":"0x0"} )"
    R"(-device {"driver":"virtio-blk-pci-non-transitional","num-queues":2,"packed":false,"bus":"pcie.0","addr":"0x5.0x1",)"
    R"("drive":"libvirt-1-format","id":"virtio-disk0"} -append console=ttyS0 iommu=pt -msg timestamp=on)"
    "\n";

TEST(VmmCommand, ReadsAProcessOfLibvirt) {
  const MachineFacts facts = parseVmmCommand(kPs, "ps.txt");
  ASSERT_THAT(facts.devices, SizeIs(2));
  const DeviceFacts& net = facts.devices[0];
  EXPECT_EQ(net.type, 1);
  EXPECT_EQ(net.vmmId, "net0");
  // The root port in slot 2.0 is bus 1, that in 2.1 bus 2, whatever their order on the command line.
  EXPECT_EQ(net.parent, "0000:02:00.0");
  EXPECT_EQ(net.vhost, true);
  EXPECT_EQ(net.accessPlatform, true);
  EXPECT_EQ(net.more.at("queues"), "4");
  EXPECT_EQ(net.more.at("vectors"), "10");
  EXPECT_EQ(net.ringSize, 512);
  const DeviceFacts& disk = facts.devices[1];
  EXPECT_EQ(disk.parent, "0000:00:05.1");
  EXPECT_EQ(disk.more.at("queues"), "2");
  EXPECT_EQ(disk.packed, false);
  EXPECT_EQ(disk.vhost, false);
  EXPECT_EQ(disk.more.at("disable_legacy"), "on");
  EXPECT_EQ(facts.more.at("viommu"), "intel");
  EXPECT_EQ(facts.more.at("device_iotlb"), "on");
  EXPECT_EQ(facts.more.at("machine"), "pc-q35-7.2");
  EXPECT_EQ(facts.guest.bootParameters, "console=ttyS0 iommu=pt");
}

TEST(VmmCommand, ReadsTheLastStartOfALog) {
  const MachineFacts facts = parseVmmCommand(
      "2026-11-01 10:00:00.000+0000: starting up libvirt version: 9.0.0, qemu version: 7.2.0, kernel: 6.1.0\n"
      "LC_ALL=C \\\n/usr/bin/qemu-system-s390x \\\n-name guest=vm1,debug-threads=on \\\n"
      "-device virtio-blk-ccw,devno=fe.0.0001,id=old\n"
      "2026-11-02 10:00:00.000+0000: starting up libvirt version: 9.0.0, qemu version: 7.2.0, kernel: 6.1.0\n"
      "LC_ALL=C \\\n/usr/bin/qemu-system-s390x \\\n-name guest=vm1,debug-threads=on \\\n"
      "-device '{\"driver\":\"virtio-blk-ccw\",\"devno\":\"fe.0.0002\",\"id\":\"new\",\"event_idx\":false}' \\\n"
      "-msg timestamp=on\nchar device redirected to /dev/pts/1 (label charconsole0)\n",
      "vm1.log");
  ASSERT_THAT(facts.devices, SizeIs(1));
  EXPECT_EQ(facts.devices[0].vmmId, "new");
  EXPECT_EQ(facts.devices[0].parent, "0.0.0002");
  EXPECT_EQ(facts.devices[0].eventIdx, false);
  EXPECT_EQ(facts.more.at("managed_by"), "libvirt");
}

TEST(VmmCommand, KnowsShortFormsAndDefaults) {
  const MachineFacts facts = parseVmmCommand(
      "qemu-system-x86_64 -M q35,confidential-guest-support=sev0 -netdev tap,id=a,vhost=on -device virtio-net-pci,netdev=a "
      "-netdev tap,id=b -device virtio-net-pci,netdev=b,addr=5 -drive file=d.img,if=virtio -device vhost-vsock-pci,guest-cid=3 "
      "-device vhost-user-fs-pci,chardev=c,tag=t -nic user,model=virtio-net-pci -device e1000 -device intel-iommu",
      "run");
  ASSERT_THAT(facts.devices, SizeIs(6));
  EXPECT_EQ(facts.devices[0].vhost, true);
  EXPECT_EQ(facts.devices[0].parent, std::nullopt);
  EXPECT_EQ(facts.devices[1].vhost, false);  // QEMU's default
  EXPECT_EQ(facts.devices[1].parent, "0000:00:05.0");
  EXPECT_EQ(facts.devices[2].type, 2);
  EXPECT_EQ(facts.devices[3].type, 19);
  EXPECT_EQ(facts.devices[3].vhost, true);
  EXPECT_EQ(facts.devices[4].type, 26);
  EXPECT_EQ(facts.devices[4].more.at("backend"), "vhost-user");
  EXPECT_EQ(facts.devices[5].type, 1);
  EXPECT_EQ(facts.devices[5].vhost, false);
  EXPECT_EQ(facts.guest.protectedGuest, true);
}

TEST(VmmCommand, NamesOtherPrograms) {
  const auto vmm = [](std::string_view command) { return parseVmmCommand(command, "ps").more.at("vmm"); };
  EXPECT_EQ(vmm("/usr/bin/cloud-hypervisor --kernel vmlinux --disk path=a.img"), "cloud-hypervisor");
  EXPECT_EQ(vmm("firecracker --api-sock /run/fc.sock"), "Firecracker");
  EXPECT_EQ(vmm("crosvm run --block a.img vmlinux"), "crosvm");
}

TEST(VmmCommand, RefusesSeveralMachinesAndBadOptions) {
  EXPECT_THAT(errorOf(parseVmmCommand, "qemu-kvm -name a -m 1\nqemu-kvm -name b -m 1\n"),
              HasSubstr("file: holds command lines of 2 machines"));
  EXPECT_THAT(errorOf(parseVmmCommand, R"(qemu-kvm -device {"driver":})"),
              HasSubstr("file: an option of QEMU: not valid JSON"));
  EXPECT_FALSE(looksLikeVmmCommand("root 1 0.0 grep qemu-system-x86_64"));
}

// QEMU 7.2 with SeaBIOS, which drives the disk with three features.
constexpr std::string_view kQmp = R"json(
-> { "execute": "x-query-virtio" }
<- {"return": [{"name": "virtio-blk", "path": "/machine/peripheral/disk0/virtio-backend"},
               {"name": "virtio-net", "path": "/machine/peripheral-anon/device[1]/virtio-backend"}]}
-> { "execute": "x-query-virtio-status", "arguments": { "path": "/machine/peripheral/disk0/virtio-backend" } }
<- {"return": {"name": "virtio-blk", "started": true, "device-id": 2, "num-vqs": 2, "vhost-started": false,
    "status": {"statuses": ["VIRTIO_CONFIG_S_DRIVER: Guest OS compatible with device",
                            "VIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready"]},
    "guest-features": {"dev-features": ["VIRTIO_BLK_F_SEG_MAX: Max segments in a request is seg_max"],
                       "transports": ["VIRTIO_F_VERSION_1: Device compliant for v1 spec (legacy)",
                                      "VIRTIO_F_IOMMU_PLATFORM: Device can be used on IOMMU platform"]},
    "host-features": {"transports": ["VIRTIO_RING_F_EVENT_IDX: Used & avail. event fields enabled"]}}, "id": "libvirt-7"}
-> { "execute": "x-query-virtio-queue-status",
     "arguments": { "path": "/machine/peripheral/disk0/virtio-backend", "queue": 0 } }
<- {"return": {"name": "virtio-blk", "vring-num-default": 512, "queue-index": 0, "vring-num": 256,
               "vring-desc": 66965504}}
-> { "execute": "x-query-virtio-vhost-queue-status",
     "arguments": { "path": "/machine/peripheral-anon/device[1]/virtio-backend", "queue": 0 } }
<- {"return": {"kick": 38, "call": 39, "num": 256, "desc-phys": 5216534528, "desc-size": 4096, "name": "virtio-net"}}
)json";

void expectDiskAndNet(const MachineFacts& facts) {
  ASSERT_THAT(facts.devices, SizeIs(2));
  const DeviceFacts& disk = facts.devices[0];
  EXPECT_EQ(disk.type, 2);
  EXPECT_EQ(disk.vmmId, "disk0");
  EXPECT_EQ(disk.active, true);
  EXPECT_EQ(disk.accessPlatform, true);
  EXPECT_EQ(disk.eventIdx, false);  // offered, not accepted
  EXPECT_EQ(disk.packed, false);
  EXPECT_EQ(disk.vhost, false);
  EXPECT_EQ(disk.more.at("virtqueues"), "2");
  ASSERT_THAT(disk.queues, SizeIs(1));
  EXPECT_EQ(disk.queues[0].size, 256);
  EXPECT_EQ(disk.queues[0].ring, "0x3fdd000");  // 66965504
  EXPECT_EQ(facts.devices[1].type, 1);
  EXPECT_EQ(facts.devices[1].vmmId, std::nullopt);
  EXPECT_EQ(facts.devices[1].vhost, true);
  EXPECT_EQ(facts.more.at("vmm"), "QEMU");
}

TEST(Qmp, AnswersBelongToTheirQuestions) {
  ASSERT_TRUE(looksLikeQmp(kQmp));
  const MachineFacts facts = parseQmp(kQmp, "qmp.txt");
  expectDiskAndNet(facts);
  EXPECT_EQ(facts.more.at("managed_by"), "libvirt");
}

TEST(Qmp, AnAnswerWithoutItsQuestionIsAboutADeviceOfItsKind) {
  const MachineFacts facts = parseQmp(R"({"return": {"name": "virtio-net", "device-id": 1, "num-vqs": 3,
      "status": {"statuses": []}, "guest-features": {"transports": [], "dev-features": []}}})",
                                      "qmp");
  ASSERT_THAT(facts.devices, SizeIs(1));
  EXPECT_EQ(facts.devices[0].label, "virtio-net");
  EXPECT_EQ(facts.devices[0].active, false);
  EXPECT_EQ(facts.devices[0].eventIdx, std::nullopt);
}

TEST(Qmp, RefusesOtherAnswers) {
  EXPECT_THAT(errorOf(parseQmp, R"({"return": {}})"), HasSubstr("file: holds no answer to x-query-virtio"));
  EXPECT_THAT(errorOf(parseQmp, R"({"return": {"vring-num": )"), HasSubstr("file: not valid JSON at byte"));
}

constexpr std::string_view kHmp = R"((qemu) info virtio
/machine/peripheral/disk0/virtio-backend [virtio-blk]
/machine/peripheral-anon/device[1]/virtio-backend [virtio-net]
(qemu) info virtio-status /machine/peripheral/disk0/virtio-backend
/machine/peripheral/disk0/virtio-backend:
  device_name:             virtio-blk )"
                                  R"(
  device_id:               2
  vhost_started:           false
  bus_name:                (null)
  num_vqs:                 2
  status:
	VIRTIO_CONFIG_S_DRIVER: Guest OS compatible with device,
	VIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready
  Guest features:
	VIRTIO_F_IOMMU_PLATFORM: Device can be used on IOMMU platform,
	VIRTIO_F_VERSION_1: Device compliant for v1 spec (legacy)
	VIRTIO_BLK_F_SEG_MAX: Max segments in a request is seg_max
  Host features:
	VIRTIO_RING_F_EVENT_IDX: Used & avail. event fields enabled,
  unknown-features(0x0000010000000000)
  Backend features:

(qemu) info virtio-queue-status /machine/peripheral/disk0/virtio-backend 0
/machine/peripheral/disk0/virtio-backend:
  device_name:          virtio-blk
  queue_index:          0
  inuse:                0
  VRing:
    num:          256
    num_default:  512
    align:        4096
    desc:         0x0000000003fdd000
(qemu) info virtio-vhost-queue-status /machine/peripheral-anon/device[1]/virtio-backend 0
/machine/peripheral-anon/device[1]/virtio-backend:
  device_name:          virtio-net (vhost)
  kick:                 38
)";

TEST(Hmp, SaysTheSameAsQmp) {
  ASSERT_TRUE(looksLikeHmp(kHmp));
  expectDiskAndNet(parseHmp(kHmp, "hmp.txt"));
}

TEST(Lspci, ReadsVirtioDevicesOnly) {
  const MachineFacts facts = parseLspci(
      "00:00.0 Host bridge: Intel Corporation 82G33/G31/P35/P31 Express DRAM Controller\n"
      "\tSubsystem: Red Hat, Inc. QEMU Virtual Machine\n\n"
      "01:00.0 Ethernet controller: Red Hat, Inc. Virtio 1.0 network device (rev 01)\n"
      "\tIOMMU group: 7\n"
      "\tCapabilities: [dc] MSI-X: Enable+ Count=10 Masked-\n"
      "\tCapabilities: [100 v1] Address Translation Service (ATS)\n"
      "\t\tATSCap:\tInvalidate Queue Depth: 00\n\t\tATSCtl:\tEnable+, Smallest Translation Unit: 00\n"
      "\tKernel driver in use: virtio-pci\n\n"
      "0000:00:05.0 SCSI storage controller [0100]: Red Hat, Inc. Virtio block device [1af4:1001]\n",
      "lspci.txt");
  ASSERT_THAT(facts.devices, SizeIs(2));
  EXPECT_EQ(facts.devices[0].parent, "0000:01:00.0");
  EXPECT_EQ(facts.devices[0].type, 1);
  EXPECT_EQ(facts.devices[0].more.at("vectors"), "10");
  EXPECT_EQ(facts.devices[0].more.at("ats_enabled"), "on");
  EXPECT_EQ(facts.devices[0].more.at("iommu_group"), "7");
  EXPECT_EQ(facts.devices[0].more.at("driver"), "virtio-pci");
  EXPECT_EQ(facts.devices[1].parent, "0000:00:05.0");
  EXPECT_EQ(facts.devices[1].type, 2);
  EXPECT_TRUE(facts.listsAll);
  EXPECT_THAT(errorOf(parseLspci, "00:00.0 Host bridge: x\n"), HasSubstr("names no virtio device"));
}

}  // namespace
}  // namespace descry
