// SPDX-License-Identifier: GPL-2.0-or-later
// Firecracker has few knobs on purpose: most answers are that it is not possible there.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kNet =
    "https://github.com/firecracker-microvm/firecracker/blob/main/src/vmm/src/devices/virtio/net/device.rs";
constexpr std::string_view kPages = "https://github.com/firecracker-microvm/firecracker/blob/main/docs/hugepages.md";
constexpr std::string_view kDesign = "https://github.com/firecracker-microvm/firecracker/blob/main/docs/design.md";
constexpr std::string_view kNever = "it never offers the feature";

constexpr std::array kEntries = {
    Entry{Knob::AccessPlatform, "", "", "", "", kNever, "", kNet},
    Entry{Knob::Vhost, "", "net", "", "", "it serves the tap device itself", "", kNet},
    Entry{Knob::IoThread, "", "", "", "", "one thread serves all devices", "", kDesign},
    Entry{Knob::QueueThreads, "", "", "", "", "one thread serves all devices", "", kDesign},
    Entry{Knob::Queues, "", "net", "", "", "a network device has one receive and one transmit queue", "", kNet},
    Entry{Knob::RxRingSize, "", "net", "", "", "the size is fixed", "", kNet},
    Entry{Knob::TxRingSize, "", "net", "", "", "the size is fixed", "", kNet},
    Entry{Knob::Packed, "", "net", "", "", kNever, "", kNet},
    Entry{Knob::Indirect, "", "net", "", "", kNever, "", kNet},
    Entry{Knob::EventIdx, "", "net", "", "", "it always offers the feature", "", kNet},
    Entry{Knob::HugePages, "", "", "", "PUT /machine-config \"huge_pages\": \"2M\"", "", "", kPages},
};

}  // namespace

const AdviceTable kFirecrackerAdvice{"Firecracker", false, "", kEntries};

}  // namespace descry
