// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/aggregate/kvm_ways.hpp"

#include <algorithm>
#include <string>

#include "schemas/store/table_io.hpp"

namespace descry {

const std::array<KvmPartInfo, kKvmParts> kKvmPartTable = {{
    {KvmPart::ToKvm, "exit: to KVM", "exit"},
    {KvmPart::InKvm, "exit: in KVM", "exit"},
    {KvmPart::ExitNoCpu, "exit: no CPU", "exit"},
    {KvmPart::Delivery, "inject: delivery", "inject"},
    {KvmPart::Halted, "inject: halted", "inject"},
    {KvmPart::Polling, "inject: polling", "inject"},
    {KvmPart::NoCpu, "inject: no CPU", "inject"},
    {KvmPart::Kernel, "inject: in KVM", "inject"},
    {KvmPart::Vmm, "inject: in VMM", "inject"},
    {KvmPart::Guest, "inject: not interruptible", "inject"},
    {KvmPart::ToHandler, "inject: to handler", "inject"},
}};

namespace {

constexpr std::size_t at(KvmPart part) {
  return static_cast<std::size_t>(part);
}

const KvmWays::Parts* find(const std::unordered_map<Ns, KvmWays::Parts>& ways, Ns when) {
  const auto found = ways.find(when);
  return found == ways.end() ? nullptr : &found->second;
}

}  // namespace

void KvmWays::add(const KvmDoorbellRow& row) {
  if (!seen(row.exit) || row.exit > row.ns) return;
  Parts parts{};
  parts[at(KvmPart::ExitNoCpu)] = seen(row.runnable) ? std::clamp<Ns>(row.runnable, 0, row.ns - row.exit) : 0;
  parts[at(KvmPart::InKvm)] = row.ns - row.exit - parts[at(KvmPart::ExitNoCpu)];
  m_doorbells.emplace(row.ns, parts);
}

void KvmWays::add(const KvmInterruptRow& row) {
  if (row.accepted < row.ns || row.injected < row.accepted || !seen(row.guest)) return;
  Parts parts{};
  parts[at(KvmPart::Delivery)] = row.accepted - row.ns;
  parts[at(KvmPart::Halted)] = row.halted;
  parts[at(KvmPart::Polling)] = row.polling;
  parts[at(KvmPart::NoCpu)] = row.runnable;
  parts[at(KvmPart::Kernel)] = row.kernel;
  parts[at(KvmPart::Vmm)] = row.vmm;
  parts[at(KvmPart::Guest)] = row.guest;
  if (std::ranges::any_of(parts, [](Ns part) { return part < 0; })) return;
  m_interrupts.emplace(row.ns, parts);
}

std::optional<KvmWays::Parts> KvmWays::ofDoorbell(Ns k, Ns length) const {
  const Parts* known = find(m_doorbells, k);
  if (known == nullptr) return std::nullopt;
  Parts parts = *known;
  Ns left = length;
  // The crossing lies before these.
  for (const KvmPart part : {KvmPart::InKvm, KvmPart::ExitNoCpu}) {
    parts[at(part)] = std::min(parts[at(part)], left);
    left -= parts[at(part)];
  }
  parts[at(KvmPart::ToKvm)] = left;
  return parts;
}

std::optional<KvmWays::Parts> KvmWays::ofInterrupt(Ns s, Ns length) const {
  const Parts* known = find(m_interrupts, s);
  if (known == nullptr) return std::nullopt;
  Parts parts = *known;
  Ns left = length;
  for (std::size_t part = at(KvmPart::Delivery); part < at(KvmPart::ToHandler); ++part) {
    parts[part] = std::min(parts[part], left);
    left -= parts[part];
  }
  parts[at(KvmPart::ToHandler)] = left;
  return parts;
}

KvmPartTotals::Sum& KvmPartTotals::add(Sum& sum, const KvmWays::Parts& parts) {
  for (std::size_t part = 0; part < kKvmParts; ++part) sum.parts[part] += parts[part];
  return sum;
}

void KvmPartTotals::write(Database& database) const {
  TableWriter<KvmPartTotalRow> writer(database);
  for (const auto& [queueId, sum] : m_queues) {
    for (const KvmPartInfo& info : kKvmPartTable) {
      const std::int64_t chains = info.part < KvmPart::Delivery ? sum.doorbells : sum.interrupts;
      if (chains == 0) continue;
      KvmPartTotalRow row;
      row.queueId = queueId;
      row.part = info.name;
      row.phase = info.phase;
      row.place = static_cast<std::int64_t>(at(info.part)) + 1;
      row.chains = chains;
      row.total = sum.parts[at(info.part)];
      writer.add(std::move(row));
    }
  }
  writer.flush();
}

}  // namespace descry
