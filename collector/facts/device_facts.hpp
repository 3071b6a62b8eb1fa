// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/model/words.hpp"

namespace descry {

/// What somebody who looked at the machine says of a queue. Everything is optional: nothing means "not said".
struct QueueFacts {
  std::int64_t index = 0;
  std::optional<std::int64_t> size;  ///< ring entries
  std::optional<bool> packed, usesDma;
  std::optional<std::string> ring;  ///< address of the descriptor table
};

/// Further things that are said, name and value as they go into the table fact.
using Statements = std::map<std::string, std::string, std::less<>>;

/// What is said of a virtio device of the guest.
struct DeviceFacts {
  std::string name;                   ///< virtio0 ...; empty: the file does not know the guest's name of it
  std::string source;                 ///< files that say so
  std::string label;                  ///< what the file calls a device without a name: net0, 0000:00:05.0
  std::optional<std::int64_t> type;   ///< virtio device id: 1 net, 2 blk ...
  std::optional<std::string> parent;  ///< bus id of the device below it: 0000:00:02.0, 0.0.0001, LNRO0005:00
  std::optional<std::string> iommuGroupType;
  std::optional<std::uint64_t> features;  ///< negotiated
  std::optional<bool> accessPlatform, packed, eventIdx, indirect;
  std::optional<bool> active;  ///< false: no driver was bound
  std::optional<std::string> vmmId, mac, transport;
  std::optional<bool> vhost;             ///< true: the kernel's vhost serves it
  std::optional<std::int64_t> ringSize;  ///< of all queues; of a net device, of those that receive
  std::vector<QueueFacts> queues;
  Statements more;

  /// Bit of the negotiated features, when they are known.
  std::optional<bool> feature(unsigned bit) const;
};

/// What is said of a guest's pool of bounce buffers.
struct SwiotlbFacts {
  std::optional<std::int64_t> slots, usedSlots;     ///< of 2 KiB; used: the most that was seen
  std::optional<std::int64_t> full;                 ///< how often the kernel log says that the pool is full
  std::optional<std::int64_t> largestRefusedBytes;  ///< of the buffers that it refused then
  std::string source;                               ///< file that says so

  bool any() const { return slots || usedSlots || full; }
};

/// What is said of one side: its kernel and what its tracer lost.
struct SideFacts {
  std::optional<std::string> kernel, bootParameters, backend;
  std::optional<bool> protectedGuest;
  std::optional<std::int64_t> memoryBytes;  ///< of the guest
  std::optional<std::int64_t> probesMissed;
  std::optional<std::int64_t> tscKhz;  ///< frequency of the trace clock, where it does not count nanoseconds
  SwiotlbFacts swiotlb;
  std::map<std::string, std::int64_t> missedByEvent;
  std::map<int, std::int64_t> overwritten;             ///< events lost per CPU because newer ones took their place
  std::map<int, std::int64_t> dropped;                 ///< events lost per CPU because the buffer was full
  std::map<std::string, std::string> probedFunctions;  ///< event name -> kernel function behind it
};

/// Everything one source of facts says of a virtual machine.
struct MachineFacts {
  std::string source;                    ///< file that says so
  std::optional<std::string> transport;  ///< of all devices
  Statements more;                       ///< vmm, viommu ...
  bool listsAll = false;                 ///< no virtio device of the machine is missing in `devices`
  bool inOrder = false;                  ///< devices without addresses stand in the order in which they get them
  std::vector<DeviceFacts> devices;
  SideFacts guest, host;

  /// Frequency of the trace clock of a side; of a side that is not known, what holds for both.
  std::optional<std::int64_t> tscKhz(std::optional<Side> side) const;
  /// Takes over what `other` says and this does not.
  void complete(const MachineFacts& other);
};

}  // namespace descry
