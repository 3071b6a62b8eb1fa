// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/machine_devices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

namespace descry {

namespace fs = std::filesystem;

std::string textOf(const fs::path& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string virtioDeviceListing(const fs::path& sys) {
  std::error_code error;
  std::vector<fs::path> devices;
  for (const auto& entry : fs::directory_iterator(sys / "bus/virtio/devices", error)) devices.push_back(entry.path());
  std::ranges::sort(devices);
  std::string listing;
  for (const fs::path& device : devices) {
    const fs::path parent = fs::canonical(device, error).parent_path();
    std::string group = textOf(parent / "iommu_group/type");
    if (group.empty()) group = "none";
    listing += fmt::format("{} id={} features={} status={} parent={} iommu_group={}\n", device.filename().string(),
                           textOf(device / "device"), textOf(device / "features"), textOf(device / "status"),
                           parent.filename().string(), group);
  }
  return listing;
}

std::vector<VhostOwner> vhostOwners() {
  std::vector<VhostOwner> owners;
  std::error_code error;
  for (const auto& process : fs::directory_iterator("/proc", error)) {
    const std::string name = process.path().filename().string();
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ptr != name.data() + name.size()) continue;
    std::error_code denied;
    for (const auto& file : fs::directory_iterator(process.path() / "fd", denied)) {
      const fs::path target = fs::read_symlink(file.path(), denied);
      if (!target.string().starts_with("/dev/vhost-")) continue;
      owners.push_back({pid, textOf(process.path() / "comm"), target.string()});
      break;
    }
  }
  return owners;
}

}  // namespace descry
