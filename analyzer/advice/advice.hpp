// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace descry {

// What findings advise is data: a finding names a knob and its value, and a table per VMM or guest says how to turn it
// there. A table is a file of this folder and its entry in the list of tables.hpp.

/// What can be turned, with a name for it that no VMM owns.
// clang-format off
#define DESCRY_KNOBS(KNOB)                                                                      \
  KNOB(AccessPlatform,   "access-platform",   "the feature VIRTIO_F_ACCESS_PLATFORM")           \
  KNOB(Vhost,            "vhost",             "the kernel's vhost as the backend")              \
  KNOB(IoThread,         "iothread",          "a thread of its own for the device")             \
  KNOB(QueueThreads,     "queue-threads",     "several threads for the queues of a device")     \
  KNOB(Queues,           "queues",            "the number of queues")                           \
  KNOB(RingSize,         "ring-size",         "the size of the rings")                          \
  KNOB(RxRingSize,       "rx-ring-size",      "the size of the receive rings")                  \
  KNOB(TxRingSize,       "tx-ring-size",      "the size of the transmit rings")                 \
  KNOB(Ioeventfd,        "ioeventfd",         "doorbells that the kernel takes (ioeventfd)")    \
  KNOB(Packed,           "packed",            "the feature VIRTIO_F_RING_PACKED")               \
  KNOB(Indirect,         "indirect",          "the feature VIRTIO_F_INDIRECT_DESC")             \
  KNOB(EventIdx,         "event-idx",         "the feature VIRTIO_F_EVENT_IDX")                 \
  KNOB(Poll,             "poll",              "a backend that polls before it sleeps")          \
  KNOB(HugePages,        "huge-pages",        "huge pages behind the guest's memory")           \
  KNOB(VcpuCpu,          "vcpu-cpu",          "a host CPU for each virtual CPU")                \
  KNOB(MainThreadCpu,    "main-thread-cpu",   "a host CPU for the VMM's main thread")           \
  KNOB(LazyUnmap,        "lazy-unmap",        "an IOMMU driver that unmaps lazily")             \
  KNOB(Passthrough,      "passthrough",       "an IOMMU driver that maps all memory once")      \
  KNOB(NoForcedBounce,   "no-forced-bounce",  "bounce buffers only where they are needed")      \
  KNOB(GuestQueues,      "guest-queues",      "the number of queues that the driver uses")      \
  KNOB(RxBuffers,        "rx-buffers",        "the number of receive buffers of the driver")    \
  KNOB(Coalesce,         "coalesce",          "interrupts that gather completions")             \
  KNOB(NoCoalesce,       "no-coalesce",       "interrupts without a delay")                     \
  KNOB(PollCompletions,  "poll-completions",  "a driver that polls for completions")            \
  KNOB(SmallerBursts,    "smaller-bursts",    "smaller bursts to transmit")                     \
  KNOB(SmallerRequests,  "smaller-requests",  "smaller requests to a disk")
// clang-format on

enum class Knob : std::uint8_t {
#define DESCRY_KNOB(enumerator, id, name) enumerator,
  DESCRY_KNOBS(DESCRY_KNOB)
#undef DESCRY_KNOB
};

struct KnobInfo {
  Knob knob;
  std::string_view id, name;
};
std::span<const KnobInfo> knobs();

/// How one knob is turned on some devices.
struct Entry {
  Knob knob;
  std::string_view value;       ///< that it is for; empty: any
  std::string_view kinds;       ///< of devices: "net blk"; empty: any
  std::string_view transports;  ///< "pci ccw"; empty: any
  std::string_view how;         ///< what to write, with {model} and {value}; empty: not possible there
  std::string_view note;        ///< why it is not possible, or what else it takes
  std::string_view since;       ///< release that has it first; empty: older than any in use, or not known
  std::string_view reference;   ///< where that is documented
};

/// The first entry that fits a device counts; a knob without one is not known.
struct AdviceTable {
  std::string_view name;  ///< as in VmmName, or Linux, Windows
  bool isGuest = false;
  std::string_view frontEnd;  ///< the table that is asked for what this one does not know; empty: none
  std::span<const Entry> entries;
};
std::span<const AdviceTable* const> adviceTables();
/// Null for a VMM without a table.
const AdviceTable* adviceTable(std::string_view name);

/// The device that is to be changed.
struct AdvisedDevice {
  std::string_view kind, transport;
};
/// Null where the table does not know; `table` becomes the one that does.
const Entry* entryFor(const AdviceTable*& table, const AdvisedDevice& device, Knob knob, std::string_view value);
/// What to write, complete. `entry` must be possible.
std::string howOf(const Entry& entry, std::string_view model, std::string_view value);

/// Whose words a case needs.
struct AdvisedMachine {
  std::vector<std::string> vmms;  ///< one; two where the VMM is not known
  bool knowsVmm = false;
  std::string guest = "Linux";
  std::optional<std::pair<int, int>> kernel;  ///< of a Linux guest: 6.1

  /// QEMU serves its devices, whatever manages it; or it may, where the VMM is not known.
  bool runsQemu() const;
};

/// For a sentence: "QEMU '-device ...' (2.9 and later)"; where the VMM is not known, the two likeliest.
std::string advice(const AdvisedMachine& machine, const AdvisedDevice& device, Knob knob, std::string_view value);
/// For one line of at most 74 columns: "<purpose>: -device ...", or that it is not possible there.
std::string adviceLine(std::string_view purpose, const AdvisedMachine& machine, const AdvisedDevice& device, Knob knob,
                       std::string_view value);
/// False where a table says that it is not possible, or where the guest is too old.
bool isPossible(const AdvisedMachine& machine, const AdvisedDevice& device, Knob knob, std::string_view value);

/// QEMU's name of a device model: virtio-net-pci, vhost-vsock-ccw, virtio-serial-device ...; "..." where it has none.
std::string qemuModel(const AdvisedDevice& device);

/// "6.1" of 6.1.0-18-amd64 or Linux 6.1; nothing without two numbers.
std::optional<std::pair<int, int>> releaseOf(std::string_view text);

}  // namespace descry
