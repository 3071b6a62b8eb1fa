// SPDX-License-Identifier: GPL-2.0-or-later
// A Windows guest with the drivers of virtio-win: properties of its network adapter.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kNetKvm =
    "https://github.com/virtio-win/kvm-guest-drivers-windows/blob/master/NetKVM/netkvm-base.txt";
constexpr std::string_view kRss = "https://learn.microsoft.com/en-us/powershell/module/netadapter/set-netadapterrss";
constexpr std::string_view kLinuxOnly = "this is a setting of Linux";

constexpr std::array kEntries = {
    Entry{Knob::NoForcedBounce, "", "", "", "", kLinuxOnly, "",
          "https://docs.kernel.org/admin-guide/kernel-parameters.html"},
    Entry{Knob::GuestQueues, "", "net", "", "Set-NetAdapterRss <adapter> -NumberOfReceiveQueues N", "", "", kRss},
    Entry{Knob::RxBuffers, "", "net", "",
          "Set-NetAdapterAdvancedProperty <adapter> -RegistryKeyword RxCapacity -RegistryValue 1024",
          "Init.MaxRxBuffers in its properties", "", kNetKvm},
    Entry{Knob::Coalesce, "", "net", "", "", "the driver has no property for it", "", kNetKvm},
    Entry{Knob::NoCoalesce, "", "net", "", "", "the driver has no property for it", "", kNetKvm},
    Entry{Knob::SmallerBursts, "", "net", "", "Disable-NetAdapterLso <adapter>",
          "Large Send Offload V2 in its properties", "", kNetKvm},
};

}  // namespace

const AdviceTable kWindowsAdvice{"Windows", true, "", kEntries};

}  // namespace descry
