// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of cloud-hypervisor.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kConfig = "https://github.com/cloud-hypervisor/cloud-hypervisor/blob/main/vmm/src/config.rs";
constexpr std::string_view kIommu = "https://github.com/cloud-hypervisor/cloud-hypervisor/blob/main/docs/iommu.md";
constexpr std::string_view kDefault = "off is the default";
constexpr std::string_view kBoth = "it counts receive and transmit queues: two for each pair";

constexpr std::array kEntries = {
    Entry{Knob::AccessPlatform, "", "net", "", "--net ...,iommu={value}", kDefault, "", kIommu},
    Entry{Knob::AccessPlatform, "", "blk", "", "--disk ...,iommu={value}", kDefault, "", kIommu},
    Entry{Knob::Vhost, "", "net", "", "", "it serves a tap device itself, or through vhost-user", "", kConfig},
    Entry{Knob::QueueThreads, "", "net", "", "--net ...,num_queues=8", kBoth, "", kConfig},
    Entry{Knob::Queues, "", "net", "", "--net ...,num_queues={value}", kBoth, "", kConfig},
    Entry{Knob::Queues, "", "blk", "", "--disk ...,num_queues={value}", "", "", kConfig},
    Entry{Knob::Queues, "", "fs", "", "--fs ...,num_queues={value}", "", "", kConfig},
    Entry{Knob::RingSize, "", "blk", "", "--disk ...,queue_size={value}", "", "", kConfig},
    Entry{Knob::RingSize, "", "fs", "", "--fs ...,queue_size={value}", "", "", kConfig},
    Entry{Knob::RxRingSize, "", "net", "", "--net ...,queue_size={value}", "", "", kConfig},
    Entry{Knob::TxRingSize, "", "net", "", "--net ...,queue_size={value}", "", "", kConfig},
    Entry{Knob::HugePages, "", "", "", "--memory size=<size>,hugepages=on", "", "", kIommu},
};

}  // namespace

const AdviceTable kCloudHypervisorAdvice{"cloud-hypervisor", false, "", kEntries};

}  // namespace descry
