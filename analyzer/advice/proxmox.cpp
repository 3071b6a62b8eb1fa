// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration of a machine of Proxmox VE (qm). What it has no option for goes to QEMU through args.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kQm = "https://pve.proxmox.com/pve-docs/qm.conf.5.html";
constexpr std::string_view kInArgs = "in args of the machine's configuration, qm set <vmid> --args";
constexpr std::string_view kIoeventfd = "net blk scsi console rng 9p";

constexpr std::array kEntries = {
    Entry{Knob::AccessPlatform, "", "", "pci", "-global {model}.iommu_platform={value}", kInArgs, "", kQm},
    Entry{Knob::IoThread, "", "blk", "", "qm set <vmid> --virtio0 <volume>,iothread=1", "", "", kQm},
    Entry{Knob::IoThread, "", "scsi", "", "qm set <vmid> --scsihw virtio-scsi-single --scsi0 <volume>,iothread=1", "",
          "", kQm},
    Entry{Knob::Queues, "", "net", "", "qm set <vmid> --net0 virtio=<mac>,bridge=<bridge>,queues={value}", "", "", kQm},
    Entry{Knob::Queues, "", "blk", "pci", "-global {model}.num-queues={value}", kInArgs, "", kQm},
    Entry{Knob::RingSize, "", "blk", "pci", "-global {model}.queue-size={value}", kInArgs, "", kQm},
    Entry{Knob::RingSize, "", "scsi", "pci", "-global {model}.virtqueue_size={value}", kInArgs, "", kQm},
    Entry{Knob::RxRingSize, "", "net", "pci", "-global {model}.rx_queue_size={value}", kInArgs, "", kQm},
    Entry{Knob::Ioeventfd, "", kIoeventfd, "pci", "-global {model}.ioeventfd={value}", kInArgs, "", kQm},
    Entry{Knob::Packed, "", "", "pci", "-global {model}.packed={value}", kInArgs, "", kQm},
    Entry{Knob::Indirect, "", "", "pci", "-global {model}.indirect_desc={value}", kInArgs, "", kQm},
    Entry{Knob::EventIdx, "", "", "pci", "-global {model}.event_idx={value}", kInArgs, "", kQm},
    Entry{Knob::HugePages, "", "", "", "qm set <vmid> --hugepages 2", "", "", kQm},
};

}  // namespace

const AdviceTable kProxmoxAdvice{"Proxmox VE", false, "", kEntries};

}  // namespace descry
