// SPDX-License-Identifier: GPL-2.0-or-later
// Facts of `lspci -vv` of a guest: which virtio devices lie where, and what PCI has to do with them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "collector/facts/facts_file.hpp"
#include "collector/facts/virtio_names.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/line.hpp"
#include "schemas/text/number.hpp"

namespace descry {

namespace {

/// What the list of PCI ids calls virtio devices.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 13> kNames = {{
    {"network device", 1},
    {"block device", 2},
    {"console", 3},
    {"RNG", 4},
    {"memory balloon", 5},
    {"balloon", 5},
    {"SCSI", 8},
    {"9P", 9},
    {"GPU", 16},
    {"input", 18},
    {"socket", 19},
    {"IOMMU", 23},
    {"file", 26},
}};

/// Transitional devices have ids of their own (virtio 1.2, 4.1.2.1).
constexpr std::array<std::pair<unsigned, std::int64_t>, 7> kTransitional = {
    {{0x1000, 1}, {0x1001, 2}, {0x1002, 5}, {0x1003, 3}, {0x1004, 8}, {0x1005, 4}, {0x1009, 9}}};

std::optional<std::int64_t> typeOfId(unsigned id) {
  constexpr unsigned kFirstModern = 0x1040, kLastModern = 0x107f;
  if (id > kFirstModern && id <= kLastModern) return id - kFirstModern;
  for (const auto& [transitional, type] : kTransitional)
    if (transitional == id) return type;
  return std::nullopt;
}

std::optional<std::int64_t> typeOf(std::string_view description) {
  if (const auto at = description.find("[1af4:"); at != std::string_view::npos)
    if (const auto id = toNumber<unsigned>(description.substr(at + 6, 4), 16)) return typeOfId(*id);
  const auto at = description.find("Virtio ");
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view name = description.substr(at + 7);
  if (name.starts_with("1.0 ")) name.remove_prefix(4);
  const auto found = std::ranges::find_if(kNames, [name](const auto& entry) { return name.starts_with(entry.first); });
  return found == kNames.end() ? std::nullopt : std::optional(found->second);
}

/// "00:05.0" or "0000:00:05.0" at the start of a line; nothing where none stands there.
std::optional<std::string> addressOf(std::string_view line) {
  const std::string_view word = line.substr(0, line.find(' '));
  if (transportOfParent(word) == "pci") return std::string(word);
  const std::string whole = "0000:" + std::string(word);
  return transportOfParent(whole) == "pci" ? std::optional(whole) : std::nullopt;
}

std::string_view behind(std::string_view line, std::string_view label) {
  const auto at = line.find(label);
  if (at == std::string_view::npos) return {};
  std::string_view value = line.substr(at + label.size());
  return value.substr(0, value.find_first_of(" \t\r,"));
}

void takeDetail(std::string_view line, DeviceFacts& device) {
  if (const auto text = behind(line, "Kernel driver in use: "); !text.empty()) device.more["driver"] = text;
  if (const auto text = behind(line, "IOMMU group: "); !text.empty()) device.more["iommu_group"] = text;
  if (const auto text = behind(line, "MSI-X: "); !text.empty()) {
    device.more["msix"] = text == "Enable+" ? "on" : "off";
    if (const auto count = behind(line, "Count="); !count.empty()) device.more["vectors"] = count;
  }
  if (const auto text = behind(line, "ATSCtl:\t"); !text.empty())
    device.more["ats_enabled"] = text == "Enable+" ? "on" : "off";
}

}  // namespace

bool looksLikeLspci(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = takeLine(text);
    if (addressOf(line) && typeOf(line)) return true;
  }
  return false;
}

MachineFacts parseLspci(std::string_view text, const std::string& origin) {
  MachineFacts facts;
  bool inVirtio = false;
  while (!text.empty()) {
    const std::string_view line = takeLine(text);
    if (const auto address = addressOf(line)) {
      const auto type = typeOf(line);
      inVirtio = type.has_value();
      facts.listsAll |= !inVirtio;  // -s shows one device
      if (!inVirtio) continue;
      DeviceFacts& device = facts.devices.emplace_back();
      device.parent = address;
      device.label = *address;
      device.type = type;
      device.transport = "pci";
    } else if (inVirtio && (line.starts_with('\t') || line.starts_with(' '))) {
      takeDetail(line, facts.devices.back());
    }
  }
  if (facts.devices.empty())
    throw Error(fmt::format("{}: names no virtio device; expected what `lspci -vv` prints in the guest", origin));
  return facts;
}

}  // namespace descry
