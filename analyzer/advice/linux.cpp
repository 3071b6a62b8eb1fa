// SPDX-License-Identifier: GPL-2.0-or-later
// A Linux guest: its command line, ethtool and /sys, each with the first kernel that has it.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kParameters = "https://docs.kernel.org/admin-guide/kernel-parameters.html";
constexpr std::string_view kQueues = "https://git.kernel.org/torvalds/c/986a4f4d452dec004697f667439d27c3fda9c928";
constexpr std::string_view kDim = "https://git.kernel.org/torvalds/c/6208799553a85875c9f812ba8e4c99d1fc69e8b9";
constexpr std::string_view kCoalescing = "https://git.kernel.org/torvalds/c/699b045a8e43bd1063db4795be685bfd659649dc";
constexpr std::string_view kPolling = "https://git.kernel.org/torvalds/c/4e0400525691d0e676dbe002641f9a61261f1e1b";
constexpr std::string_view kEthtool = "https://www.kernel.org/pub/software/network/ethtool/";
constexpr std::string_view kSysfs = "https://docs.kernel.org/admin-guide/abi-stable.html";

constexpr std::array kEntries = {
    Entry{Knob::LazyUnmap, "", "", "", "iommu.strict=0", "on its command line", "", kParameters},
    Entry{Knob::Passthrough, "", "", "", "iommu=pt", "on its command line", "", kParameters},
    Entry{Knob::NoForcedBounce, "", "", "", "boot it without swiotlb=force", "", "", kParameters},
    Entry{Knob::GuestQueues, "", "net", "", "ethtool -L <interface> combined N", "", "3.8", kQueues},
    Entry{Knob::RxBuffers, "", "net", "", "", "the driver fills the whole ring", "", kQueues},
    Entry{Knob::Coalesce, "", "net", "", "ethtool -C <interface> adaptive-rx on", "where the device offers it", "6.8",
          kDim},
    Entry{Knob::NoCoalesce, "", "net", "", "ethtool -C <interface> rx-usecs 0 tx-usecs 0", "", "6.0", kCoalescing},
    Entry{Knob::PollCompletions, "", "blk", "", "virtio_blk.poll_queues=N",
          "on its command line, and io_uring with IORING_SETUP_IOPOLL", "5.19", kPolling},
    Entry{Knob::SmallerBursts, "", "net", "", "ethtool -K <interface> gso off", "for a test", "", kEthtool},
    Entry{Knob::SmallerRequests, "", "blk scsi", "", "echo 256 > /sys/block/<disk>/queue/max_sectors_kb", "", "",
          kSysfs},
};

}  // namespace

const AdviceTable kLinuxAdvice{"Linux", true, "", kEntries};

}  // namespace descry
