// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "samples/simulate/case_writer.hpp"
#include "samples/simulate/event_names.hpp"
#include "schemas/system/output_file.hpp"

namespace descry::simulate {

namespace {

constexpr Ns kSecond = 1'000'000'000;

std::string taskName(std::int32_t tid) {
  return tid == 0 ? "<idle>-0" : fmt::format("task-{}", tid);
}

void printEvents(std::ostream& file, const Capture& capture) {
  std::uint16_t processors = 1;
  for (const Event& event : capture.events)
    processors = std::max<std::uint16_t>(processors, static_cast<std::uint16_t>(event.cpu + 1));
  file << fmt::format("cpus={}\n", processors);
  std::size_t loss = 0;
  for (const Event& event : capture.events) {
    for (; loss < capture.losses.size() && capture.losses[loss].end <= event.ns; ++loss)
      if (capture.losses[loss].count > 0)
        file << fmt::format("CPU:{} [{} EVENTS DROPPED]\n", event.cpu, capture.losses[loss].count);
    const std::string_view full = eventName(event.kind, event.variant);
    const std::string_view name = full.substr(full.find(':') + 1);
    file << fmt::format("{:>22} [{:03}] {:>6}.{:09}: {}: {}\n", taskName(event.tid), event.cpu, event.ns / kSecond,
                        event.ns % kSecond, name, fieldText(event));
  }
}

void writeText(const std::filesystem::path& path, const Capture& capture) {
  std::filesystem::create_directories(path.parent_path());
  writeFile(path, OutputRules::replacingAny(), [&](std::ostream& out) { printEvents(out, capture); });
}

void writeFactsFile(const std::filesystem::path& path, const Simulation& simulation) {
  const MachineFacts facts = machineFacts(simulation.scenario);
  nlohmann::ordered_json devices = nlohmann::ordered_json::array();
  for (const DeviceFacts& device : facts.devices)
    devices.push_back({{"guest_name", device.name},
                       {"device_type", *device.type},
                       {"parent", *device.parent},
                       {"iommu_group_type", *device.iommuGroupType},
                       {"negotiated_features", fmt::format("{:#x}", *device.features)},
                       {"access_platform", *device.accessPlatform},
                       {"ring_packed", *device.packed},
                       {"event_idx", *device.eventIdx},
                       {"indirect_desc", *device.indirect},
                       {"driver_active_while_recording", true}});
  const nlohmann::ordered_json text = {
      {"case", simulation.scenario.name}, {"transport", *facts.transport}, {"devices", devices}};
  writeFile(path, OutputRules::replacingAny(), [&](std::ostream& out) { out << text.dump(1) << '\n'; });
}

}  // namespace

void writeTraces(const std::filesystem::path& folder, const Simulation& simulation) {
  if (simulation.scenario.guest.recorded) writeText(folder / "guest" / "trace.txt", simulation.guest);
  bool kernel = false;
  for (const RingTruth& ring : simulation.truth.rings) kernel |= ring.vhost;
  // QEMU's events come from LTTng; they have no plain text form.
  if (simulation.scenario.host.recorded && kernel) writeText(folder / "host" / "trace.txt", simulation.host);
  writeFactsFile(folder / "case.json", simulation);
}

}  // namespace descry::simulate
