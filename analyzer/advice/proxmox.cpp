// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration of a machine of Proxmox VE (qm). What it has no option for goes to QEMU through args.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kQm = "https://pve.proxmox.com/pve-docs/qm.conf.5.html";
constexpr std::string_view kForExperts = "args is for experts: it replaces args that are set";
constexpr std::string_view kIoeventfd = "net blk scsi console rng 9p";

constexpr std::array kEntries = {
    Entry{Knob::AccessPlatform, "", "", "pci", "qm set <vmid> --args '-global {model}.iommu_platform={value}'",
          kForExperts, "", kQm},
    Entry{Knob::IoThread, "", "blk", "", "qm set <vmid> --virtio0 <volume>,iothread=1", "", "", kQm},
    Entry{Knob::IoThread, "", "scsi", "", "qm set <vmid> --scsihw virtio-scsi-single --scsi0 <volume>,iothread=1", "",
          "", kQm},
    Entry{Knob::Queues, "", "net", "", "qm set <vmid> --net0 virtio=<mac>,bridge=<bridge>,queues={value}", "", "", kQm},
    Entry{Knob::Queues, "", "blk", "pci", "qm set <vmid> --args '-global {model}.num-queues={value}'", kForExperts, "",
          kQm},
    Entry{Knob::RingSize, "", "blk", "pci", "qm set <vmid> --args '-global {model}.queue-size={value}'", kForExperts,
          "", kQm},
    Entry{Knob::RingSize, "", "scsi", "pci", "qm set <vmid> --args '-global {model}.virtqueue_size={value}'",
          kForExperts, "", kQm},
    Entry{Knob::RxRingSize, "", "net", "pci", "qm set <vmid> --args '-global {model}.rx_queue_size={value}'",
          kForExperts, "", kQm},
    Entry{Knob::Ioeventfd, "", kIoeventfd, "pci", "qm set <vmid> --args '-global {model}.ioeventfd={value}'",
          kForExperts, "", kQm},
    Entry{Knob::Packed, "", "", "pci", "qm set <vmid> --args '-global {model}.packed={value}'", kForExperts, "", kQm},
    Entry{Knob::Indirect, "", "", "pci", "qm set <vmid> --args '-global {model}.indirect_desc={value}'", kForExperts,
          "", kQm},
    Entry{Knob::EventIdx, "", "", "pci", "qm set <vmid> --args '-global {model}.event_idx={value}'", kForExperts, "",
          kQm},
    Entry{Knob::HugePages, "", "", "", "qm set <vmid> --hugepages 2", "", "", kQm},
};

}  // namespace

const AdviceTable kProxmoxAdvice{"Proxmox VE", false, "", kEntries};

}  // namespace descry
