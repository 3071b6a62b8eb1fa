// SPDX-License-Identifier: GPL-2.0-or-later
// The XML of a domain, and virsh. The test advice.libvirt holds every piece of XML against libvirt's own schema.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kDomain = "https://libvirt.org/formatdomain.html";
constexpr std::string_view kVirtio = "https://libvirt.org/formatdomain.html#virtio-related-options";
constexpr std::string_view kDisk = "https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms";
constexpr std::string_view kNic = "https://libvirt.org/formatdomain.html#setting-nic-driver-specific-options";
constexpr std::string_view kVirsh = "https://libvirt.org/manpages/virsh.html";
constexpr std::string_view kQemu = "https://libvirt.org/drvqemu.html";
constexpr std::string_view kWithDriver = "net blk scsi console rng balloon fs input";
constexpr std::string_view kNoAttribute =
    "the XML has no attribute for it; <qemu:override> sets any property of QEMU (8.2.0 and later)";

constexpr std::array kEntries = {
    Entry{Knob::AccessPlatform, "", kWithDriver, "", "<driver iommu='{value}'/>", "", "3.5.0", kVirtio},
    Entry{Knob::Vhost, "off", "net", "", "<driver name='qemu'/>", "", "0.8.8", kNic},
    Entry{Knob::Vhost, "on", "net", "", "<driver name='vhost'/>", "", "0.8.8", kNic},
    Entry{Knob::IoThread, "", "blk scsi", "", "<iothreads>1</iothreads> <driver iothread='1'/>", "", "1.2.8", kDisk},
    Entry{Knob::IoThread, "", "net", "", "<driver name='vhost'/>",
          "a network device has no iothread; vhost is a thread", "0.8.8", kNic},
    Entry{Knob::QueueThreads, "", "blk", "", "<driver><iothreads><iothread id='1'/></iothreads></driver>", "", "10.0.0",
          kDisk},
    Entry{Knob::QueueThreads, "", "net", "", "<driver queues='4'/>", "with vhost, each pair of queues has a thread",
          "1.0.6", kNic},
    Entry{Knob::Queues, "", "net", "", "<driver queues='{value}'/>", "", "1.0.6", kNic},
    Entry{Knob::Queues, "", "blk", "", "<driver queues='{value}'/>", "", "3.9.0", kDisk},
    Entry{Knob::Queues, "", "scsi", "", "<driver queues='{value}'/>", "", "", kDomain},
    Entry{Knob::RingSize, "", "blk", "", "<driver queue_size='{value}'/>", "", "7.8.0", kDisk},
    Entry{Knob::RingSize, "", "fs", "", "<driver queue='{value}'/>", "", "6.2.0", kDomain},
    Entry{Knob::RingSize, "", "", "", "", kNoAttribute, "", kQemu},
    Entry{Knob::RxRingSize, "", "net", "", "<driver rx_queue_size='{value}'/>", "", "2.3.0", kNic},
    Entry{Knob::TxRingSize, "", "net", "", "<driver tx_queue_size='{value}'/>", "only with vhost-user", "3.7.0", kNic},
    Entry{Knob::Ioeventfd, "", "net blk scsi", "", "<driver ioeventfd='{value}'/>", "", "0.9.3", kDisk},
    Entry{Knob::Packed, "", kWithDriver, "", "<driver packed='{value}'/>", "", "", kVirtio},
    Entry{Knob::Indirect, "", "", "", "", kNoAttribute, "", kQemu},
    Entry{Knob::EventIdx, "", "net blk", "", "<driver event_idx='{value}'/>", "", "0.9.5", kDisk},
    Entry{Knob::EventIdx, "", "", "", "", kNoAttribute, "", kQemu},
    Entry{Knob::Poll, "", "net", "", "", kNoAttribute, "", kQemu},
    Entry{Knob::Poll, "", "blk scsi", "", "virsh iothreadset <domain> 1 --poll-max-ns 32768",
          "the device needs an iothread", "", kVirsh},
    Entry{Knob::HugePages, "", "", "", "<memoryBacking><hugepages/></memoryBacking>", "", "", kDomain},
    Entry{Knob::VcpuCpu, "", "", "", "virsh vcpupin <domain> <vcpu> <cpu>", "", "", kVirsh},
    Entry{Knob::MainThreadCpu, "", "", "", "virsh emulatorpin <domain> <cpus>", "", "", kVirsh},
};

}  // namespace

const AdviceTable kLibvirtAdvice{"libvirt", false, "", kEntries};

}  // namespace descry
