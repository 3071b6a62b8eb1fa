// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "samples/simulate/random.hpp"

namespace descry::simulate {

enum class DeviceKind { Block, Net };
enum class HostKind { Vhost, Qemu };
enum class Transport { Pci, Ccw, Mmio };
/// How the guest turns buffers into addresses of the ring.
enum class DmaKind { None, Direct, Swiotlb, Iommu };

/// One device with its driver, its rings and what serves it. Key names in scenario files are the member names with
/// underscores; docs of each are in scenarios/README.md.
struct DeviceSpec {
  DeviceKind kind = DeviceKind::Block;
  HostKind host = HostKind::Qemu;
  Transport transport = Transport::Pci;
  std::int64_t queues = 1;  ///< blk: request queues; net: pairs of receive and transmit queue
  std::int64_t ringSize = 256;
  bool packed = false, eventIdx = true;
  bool indirect = true;              ///< no: a chain takes a descriptor per segment
  std::int64_t chains = 100;         ///< per queue
  std::int64_t idleQueueChains = 0;  ///< per queue but the first (pair of them); 0: as many as there
  std::int64_t startPosition = 0;
  std::int64_t controlChains = 0;  ///< net on vhost: commands on a control queue, which QEMU serves; 0: there is none

  std::int64_t depth = 4;  ///< chains the driver keeps in flight at most
  bool openLoop = false;   ///< new chains come at their own pace (`gap`), not when older ones are done
  Duration gap = Duration::exponential(1000, 20000);
  std::int64_t burst = 1;  ///< chains per doorbell decision
  std::int64_t outSegments = 2, inSegments = 1, segmentBytes = 4096;
  bool reapInTransmit = false;  ///< net tx: no interrupts; buffers come back at the next transmission

  DmaKind dma = DmaKind::None;
  Duration prepare = Duration::fixed(700), map = Duration::fixed(300), publish = Duration::fixed(400);
  Duration addReturn = Duration::fixed(120), finish = Duration::fixed(500), reap = Duration::fixed(300);
  Duration bounceSearch = Duration::exponential(300, 500), bounceCopy = Duration::exponential(600, 300);
  Duration iommuMap = Duration::exponential(700, 400), iommuUnmap = Duration::exponential(900, 500);

  Duration exit = Duration::exponential(900, 600), wakeup = Duration::exponential(2000, 3000);
  Duration inject = Duration::exponential(1500, 2000), softirq = Duration::exponential(500, 700);

  Duration service = Duration::exponential(8000, 12000);
  Duration fetch = Duration::fixed(250), used = Duration::fixed(200), signal = Duration::fixed(150);
  bool outOfOrder = true;      ///< qemu: requests are served side by side
  std::int64_t usedBatch = 1;  ///< chains given back with one index write
  std::int64_t weight = 256;   ///< vhost: chains per visit of the worker
  Ns poll = 0;                 ///< qemu: how long the device thread looks for more chains before it sleeps
  bool sharedThread = true;    ///< one thread for all queues of the device

  bool translate = false;  ///< the host translates ring addresses (device IOTLB or vIOMMU)
  std::int64_t iotlbEntries = 2048, pageBytes = 4096, workingSet = 64;
  bool warm = false;  ///< the working set is in the table when recording starts
  Duration answer = Duration::exponential(15000, 10000);
  std::int64_t echoOneIn = 0;  ///< one in N misses wakes the worker early, so that it misses again
  bool invalidate = false;     ///< strict IOMMU: each unmapping invalidates

  bool returnFields = true;      ///< return probes carry the entry's values (length, used index)
  bool nestedGet = false;        ///< get_buf calls get_buf_ctx and both are probed
  bool duplicateNotify = false;  ///< ccw: the vCPU thread reports the doorbell too
  bool spuriousKick = false;
  std::int64_t spuriousInterruptOneIn = 0;
  std::int64_t firmwareChains = 0;  ///< chains the firmware used before the driver reset the device

  std::int64_t loseDoorbell = 0;   ///< the N-th doorbell of each queue does not reach the host; 0: none is lost
  std::int64_t loseInterrupt = 0;  ///< the N-th interrupt of each queue does not reach the guest
  Ns stopWorker = 0;               ///< from then on the host serves no queue; 0: never
  Ns stopBackend = 0;              ///< chains that are fetched from then on are never given back

  std::int64_t chainsOf(std::int64_t queue) const {
    const bool first = queue < (kind == DeviceKind::Net ? 2 : 1);
    return first || idleQueueChains == 0 ? chains : idleQueueChains;
  }
  /// What serves the control queue, and how: one command after the other.
  DeviceSpec control() const;
};

struct Step {
  Ns at = 0;     ///< true time
  Ns ahead = 0;  ///< the clock jumps ahead by this
};

struct Range {
  Ns begin = 0, end = 0;  ///< true time
};

/// A side's clock and what its tracer catches. Times are true time from the start of the world.
struct SideSpec {
  Ns clockStart = 0;
  std::int64_t driftPpb = 0;
  std::vector<Step> steps;
  Ns recordFrom = 0, recordUntil = -1;  ///< -1: to the end
  Ns heartbeat = 0;                     ///< events that have to do with no ring, so far apart; 0: none
  bool truncated = false;               ///< the end of the recording is a broken file, not a stopped tracer
  std::int64_t dropOneIn = 0;           ///< single events that vanish silently
  std::vector<Range> losses;            ///< the tracer says that it lost these
  bool recorded = true;
};

struct Scenario {
  std::string name, text;
  std::uint64_t seed = 1;
  std::int64_t vcpus = 2;
  Ns limit = 60'000'000'000;
  std::vector<DeviceSpec> devices{DeviceSpec{}};
  SideSpec guest, host;

  /// Sets one key as a scenario file does. Throws Error for an unknown key or a bad value.
  void set(std::string_view key, std::string_view value);
  /// Throws Error when the parts do not fit together (a packed ring on vhost, ...).
  void check() const;
};

/// Throws Error that names the file and line.
Scenario readScenario(const std::filesystem::path& path);

}  // namespace descry::simulate
