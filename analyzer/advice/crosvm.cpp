// SPDX-License-Identifier: GPL-2.0-or-later
// The command line of crosvm run.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kNet = "https://github.com/google/crosvm/blob/main/devices/src/virtio/net.rs";
constexpr std::string_view kBlock = "https://github.com/google/crosvm/blob/main/devices/src/virtio/block/mod.rs";
constexpr std::string_view kCommand = "https://github.com/google/crosvm/blob/main/src/crosvm/cmdline.rs";

constexpr std::array kEntries = {
    Entry{Knob::Vhost, "on", "net", "", "--net ...,vhost-net", "", "", kNet},
    Entry{Knob::Vhost, "off", "net", "", "--net ...", "without vhost-net", "", kNet},
    Entry{Knob::IoThread, "", "blk", "", "--block ...,multiple-workers=true", "a thread for each queue", "", kBlock},
    Entry{Knob::QueueThreads, "", "blk", "", "--block ...,multiple-workers=true", "", "", kBlock},
    Entry{Knob::QueueThreads, "", "net", "", "--net ...,vq-pairs=4", "", "", kNet},
    Entry{Knob::Queues, "", "net", "", "--net ...,vq-pairs={value}", "", "", kNet},
    Entry{Knob::Packed, "on", "net", "", "--net ...,packed-queue=true", "", "", kNet},
    Entry{Knob::Packed, "off", "net", "", "--net ...,packed-queue=false", "", "", kNet},
    Entry{Knob::Packed, "on", "blk", "", "--block ...,packed-queue=true", "", "", kBlock},
    Entry{Knob::Packed, "off", "blk", "", "--block ...,packed-queue=false", "", "", kBlock},
    Entry{Knob::HugePages, "", "", "", "--hugepages", "", "", kCommand},
};

}  // namespace

const AdviceTable kCrosvmAdvice{"crosvm", false, "", kEntries};

}  // namespace descry
