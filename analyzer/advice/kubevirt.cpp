// SPDX-License-Identifier: GPL-2.0-or-later
// Fields of a VirtualMachineInstance of KubeVirt. Everything else only a hook sidecar can change.
#include <array>

#include "analyzer/advice/tables.hpp"

namespace descry {

namespace {

constexpr std::string_view kApi = "https://kubevirt.io/api-reference/main/definitions.html";
constexpr std::string_view kHook = "https://kubevirt.io/user-guide/user_workloads/hook-sidecar/";
constexpr std::string_view kCpu = "https://kubevirt.io/user-guide/compute/dedicated_cpu_resources/";
constexpr std::string_view kPages = "https://kubevirt.io/user-guide/compute/hugepages/";
constexpr std::string_view kNoField = "the API has no field for it; a hook sidecar can change the domain's XML";

constexpr std::array kEntries = {
    Entry{Knob::AccessPlatform, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::Vhost, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::IoThread, "", "blk scsi", "", "spec.domain.devices.disks[].dedicatedIOThread: true", "", "", kApi},
    Entry{Knob::IoThread, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::QueueThreads, "", "net", "", "spec.domain.devices.networkInterfaceMultiqueue: true",
          "a pair of queues for each virtual CPU", "", kApi},
    Entry{Knob::QueueThreads, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::Queues, "", "net", "", "spec.domain.devices.networkInterfaceMultiqueue: true",
          "a pair of queues for each virtual CPU", "", kApi},
    Entry{Knob::Queues, "", "blk", "", "spec.domain.devices.blockMultiQueue: true", "", "", kApi},
    Entry{Knob::Queues, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::RingSize, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::RxRingSize, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::TxRingSize, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::Ioeventfd, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::Packed, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::Indirect, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::EventIdx, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::Poll, "", "", "", "", kNoField, "", kHook},
    Entry{Knob::HugePages, "", "", "", "spec.domain.memory.hugepages.pageSize: 2Mi", "", "", kPages},
    Entry{Knob::VcpuCpu, "", "", "", "spec.domain.cpu.dedicatedCpuPlacement: true", "", "", kCpu},
    Entry{Knob::MainThreadCpu, "", "", "", "spec.domain.cpu.isolateEmulatorThread: true", "", "", kCpu},
};

}  // namespace

const AdviceTable kKubeVirtAdvice{"KubeVirt", false, "", kEntries};

}  // namespace descry
