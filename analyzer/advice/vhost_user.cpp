// SPDX-License-Identifier: GPL-2.0-or-later
// A backend in user space: testpmd of DPDK stands for them. What it does not decide is up to the VMM, mostly QEMU.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kPmd = "https://doc.dpdk.org/guides/nics/vhost.html";
constexpr std::string_view kLibrary = "https://doc.dpdk.org/guides/prog_guide/vhost_lib.html";

constexpr std::array kEntries = {
    Entry{Knob::AccessPlatform, "off", "net", "", "--vdev net_vhost0,...,iommu-support=0", "0 is the default", "",
          kPmd},
    Entry{Knob::AccessPlatform, "on", "net", "", "--vdev net_vhost0,...,iommu-support=1", "", "", kPmd},
    Entry{Knob::Vhost, "", "", "", "", "a vhost-user backend is not the kernel's", "", kLibrary},
    Entry{Knob::QueueThreads, "", "net", "", "--vdev net_vhost0,...,queues=4",
          "and queues=4 in -netdev vhost-user of QEMU", "", kPmd},
    Entry{Knob::Queues, "", "net", "", "--vdev net_vhost0,...,queues={value}",
          "and the same in -netdev vhost-user of QEMU", "", kPmd},
    Entry{Knob::Poll, "", "net", "", "", "a poll mode driver never sleeps", "", kPmd},
    Entry{Knob::HugePages, "", "", "",
          "-object memory-backend-file,id=mem,size=<size>,mem-path=/dev/hugepages,share=on",
          "of QEMU, with -numa node,memdev=mem", "", kLibrary},
};

}  // namespace

const AdviceTable kVhostUserAdvice{"vhost-user", false, "QEMU", kEntries};

}  // namespace descry
