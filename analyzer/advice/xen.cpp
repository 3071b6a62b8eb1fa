// SPDX-License-Identifier: GPL-2.0-or-later
// The configuration of a domain of Xen (xl). Its virtio devices are on MMIO, and their backends are other programs.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kConfig = "https://xenbits.xen.org/docs/unstable/man/xl.cfg.5.html";
constexpr std::string_view kDisk = "https://xenbits.xen.org/docs/unstable/man/xl-disk-configuration.5.html";
constexpr std::string_view kGrants = "without grants the backend must be able to map all of the guest's memory";

constexpr std::array kEntries = {
    Entry{Knob::AccessPlatform, "off", "blk", "", "disk = [ '...,grant_usage=0' ]", kGrants, "", kDisk},
    Entry{Knob::AccessPlatform, "on", "blk", "", "disk = [ '...,grant_usage=1' ]", "", "", kDisk},
    Entry{Knob::AccessPlatform, "off", "", "", "virtio = [ '...,grant_usage=0' ]", kGrants, "", kConfig},
    Entry{Knob::AccessPlatform, "on", "", "", "virtio = [ '...,grant_usage=1' ]", "", "", kConfig},
    Entry{Knob::VcpuCpu, "", "", "", "xl vcpu-pin <domain> <vcpu> <cpu>", "", "",
          "https://xenbits.xen.org/docs/unstable/man/xl.1.html"},
};

}  // namespace

const AdviceTable kXenAdvice{"Xen", false, "", kEntries};

}  // namespace descry
