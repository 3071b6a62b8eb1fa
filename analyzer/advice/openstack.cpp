// SPDX-License-Identifier: GPL-2.0-or-later
// Extra specs of a flavor of OpenStack, and nova.conf on the host. Nova writes the domain's XML, so no edit of it
// lasts.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kSpecs = "https://docs.openstack.org/nova/latest/configuration/extra-specs.html";
constexpr std::string_view kConfig = "https://docs.openstack.org/nova/latest/configuration/config.html";
constexpr std::string_view kFlavor = "of openstack flavor set";
constexpr std::string_view kNoProperty = "nova has no extra spec or image property for it";

constexpr std::array kEntries = {
    Entry{Knob::AccessPlatform, "", "", "", "", kNoProperty, "", kSpecs},
    Entry{Knob::Vhost, "", "", "", "", kNoProperty, "", kSpecs},
    Entry{Knob::QueueThreads, "", "net", "", "--property hw:vif_multiqueue_enabled=true",
          "of openstack flavor set; a pair of queues for each virtual CPU", "", kSpecs},
    Entry{Knob::Queues, "", "net", "", "--property hw:vif_multiqueue_enabled=true",
          "of openstack flavor set; a pair of queues for each virtual CPU", "", kSpecs},
    Entry{Knob::RingSize, "", "", "", "", kNoProperty, "", kSpecs},
    Entry{Knob::RxRingSize, "", "net", "", "[libvirt] rx_queue_size={value}", "in nova.conf of the host", "", kConfig},
    Entry{Knob::TxRingSize, "", "net", "", "[libvirt] tx_queue_size={value}", "in nova.conf of the host", "", kConfig},
    Entry{Knob::Ioeventfd, "", "", "", "", kNoProperty, "", kSpecs},
    Entry{Knob::Packed, "on", "", "", "--property hw:virtio_packed_ring=true", kFlavor, "", kSpecs},
    Entry{Knob::Packed, "off", "", "", "--property hw:virtio_packed_ring=false", kFlavor, "", kSpecs},
    Entry{Knob::Indirect, "", "", "", "", kNoProperty, "", kSpecs},
    Entry{Knob::EventIdx, "", "", "", "", kNoProperty, "", kSpecs},
    Entry{Knob::Poll, "", "", "", "", kNoProperty, "", kSpecs},
    Entry{Knob::HugePages, "", "", "", "--property hw:mem_page_size=large", kFlavor, "", kSpecs},
    Entry{Knob::VcpuCpu, "", "", "", "--property hw:cpu_policy=dedicated", kFlavor, "", kSpecs},
    Entry{Knob::MainThreadCpu, "", "", "", "--property hw:emulator_threads_policy=isolate", kFlavor, "", kSpecs},
};

}  // namespace

const AdviceTable kOpenStackAdvice{"OpenStack", false, "", kEntries};

}  // namespace descry
