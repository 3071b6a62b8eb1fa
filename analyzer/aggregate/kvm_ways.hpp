// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// Of what the way of a doorbell to the host (exit) and of an interrupt to the guest (inject) consist, in the order in
/// which they are shown.
enum class KvmPart : std::uint8_t {
  ToKvm,      ///< K until the virtual CPU had left the guest: crosses the clocks
  InKvm,      ///< from there until the device was called
  ExitNoCpu,  ///< of these, without a host CPU
  Delivery,   ///< s until the virtual interrupt controller accepted it; then what the virtual CPU did meanwhile:
  Halted,
  Polling,
  NoCpu,
  Kernel,
  Vmm,
  Guest,
  ToHandler,  ///< from the injection until I: crosses the clocks
};
inline constexpr std::size_t kKvmParts = 11;

struct KvmPartInfo {
  KvmPart part;
  std::string_view name, phase;
};
/// In the order of KvmPart.
extern const std::array<KvmPartInfo, kKvmParts> kKvmPartTable;

/// What KVM saw of the doorbells and interrupts of one host queue. Times are those of the host's capture.
class KvmWays {
 public:
  using Parts = std::array<Ns, kKvmParts>;

  void add(const KvmDoorbellRow& row);
  void add(const KvmInterruptRow& row);
  bool empty() const { return m_doorbells.empty() && m_interrupts.empty(); }
  /// The parts of a way of this length, which add up to it: the part that crosses the clocks is what the others leave,
  /// and where their error makes the way shorter than what KVM saw of it, the parts next to the crossing give way.
  /// Nothing where KVM did not see the doorbell that called the device at `k`, or the interrupt signalled at `s`.
  std::optional<Parts> ofDoorbell(Ns k, Ns length) const;
  std::optional<Parts> ofInterrupt(Ns s, Ns length) const;

 private:
  std::unordered_map<Ns, Parts> m_doorbells, m_interrupts;  ///< by k and s, without the part that crosses the clocks
};

/// Sums of the parts of each queue's ways: table kvm_part_total. Not thread-safe.
class KvmPartTotals {
 public:
  void addDoorbell(QueueId queueId, const KvmWays::Parts& parts) { add(m_queues[queueId], parts).doorbells++; }
  void addInterrupt(QueueId queueId, const KvmWays::Parts& parts) { add(m_queues[queueId], parts).interrupts++; }
  void write(Database& database) const;

 private:
  struct Sum {
    KvmWays::Parts parts{};
    std::int64_t doorbells = 0, interrupts = 0;
  };
  static Sum& add(Sum& sum, const KvmWays::Parts& parts);

  std::map<QueueId, Sum> m_queues;
};

}  // namespace descry
