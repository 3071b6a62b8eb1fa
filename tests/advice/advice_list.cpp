// SPDX-License-Identifier: GPL-2.0-or-later
// Prints all advice, with tabs between the columns: `entry` lines are the tables as they are, `advice` lines what they
// say for each device and value.
#include <fmt/format.h>

#include "analyzer/advice/advice.hpp"

namespace {

using namespace descry;

constexpr std::string_view kKinds[] = {"net",   "blk",    "scsi", "console", "rng", "balloon", "9p",  "gpu",  "input",
                                       "vsock", "crypto", "fs",   "iommu",   "i2c", "gpio",    "mem", "pmem", "sound"};
constexpr std::string_view kTransports[] = {"pci", "ccw", "mmio"};

std::vector<std::string_view> valuesOf(Knob knob) {
  switch (knob) {
    case Knob::AccessPlatform:
    case Knob::Vhost:
    case Knob::Ioeventfd:
    case Knob::Packed:
    case Knob::Indirect:
    case Knob::EventIdx:
      return {"off", "on"};
    case Knob::Queues:
      return {"4"};
    case Knob::RingSize:
    case Knob::RxRingSize:
    case Knob::TxRingSize:
      return {"1024"};
    default:
      return {""};
  }
}

void printEntries(const AdviceTable& table) {
  for (const Entry& entry : table.entries)
    fmt::print("entry\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", table.name,
               knobs()[static_cast<std::size_t>(entry.knob)].id, entry.value, entry.kinds, entry.transports, entry.how,
               entry.note, entry.since, entry.reference);
}

void printAdvice(const AdviceTable& asked, const KnobInfo& knob, const AdvisedDevice& device) {
  for (const std::string_view value : valuesOf(knob.knob)) {
    const AdviceTable* table = &asked;
    const Entry* entry = entryFor(table, device, knob.knob, value);
    if (!entry || entry->how.empty()) continue;
    fmt::print("advice\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", table->name, knob.id, value, device.kind,
               device.transport, howOf(*entry, qemuModel(device), value), entry->note, entry->since, entry->reference);
  }
}

}  // namespace

int main() {
  for (const AdviceTable* table : adviceTables()) printEntries(*table);
  for (const AdviceTable* table : adviceTables())
    for (const KnobInfo& knob : knobs())
      for (const std::string_view kind : kKinds)
        for (const std::string_view transport : kTransports) printAdvice(*table, knob, {kind, transport});
  for (const KnobInfo& knob : knobs()) fmt::print("knob\t{}\t{}\n", knob.id, knob.name);
}
