// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include <algorithm>

#include "collector/facts/facts_file.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/line.hpp"
#include "schemas/text/number.hpp"

namespace descry {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view nextWord(std::string_view& line) {
  line = trimmed(line, kBlanks);
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

/// The files in sysfs print 0x%04x.
std::optional<std::uint64_t> hexadecimal(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  return toNumber<std::uint64_t>(text, 16);
}

/// sysfs prints bit n as character n; newer kernels print 128 of them, and no known driver uses the upper half.
std::optional<std::uint64_t> featureBits(std::string_view text) {
  if (text.size() < 64 || text.find_first_not_of("01") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  for (unsigned bit = 0; bit < 64; ++bit)
    if (text[bit] == '1') value |= std::uint64_t{1} << bit;
  return value;
}

bool isDeviceName(std::string_view word) {
  constexpr std::string_view kPrefix = "virtio";
  if (!word.starts_with(kPrefix) || word.size() == kPrefix.size()) return false;
  return word.substr(kPrefix.size()).find_first_not_of("0123456789") == std::string_view::npos;
}

constexpr std::uint64_t kStatusDriverOk = 4;

bool take(DeviceFacts& device, std::string_view key, std::string_view value) {
  if (key == "id") {
    const auto type = hexadecimal(value);
    if (type) device.type = static_cast<std::int64_t>(*type);
    return type.has_value();
  }
  if (key == "features") return (device.features = featureBits(value)).has_value();
  if (key == "status") {
    const auto status = hexadecimal(value);
    if (status) device.active = (*status & kStatusDriverOk) != 0;
    return status.has_value();
  }
  if (key == "parent") return !device.parent.emplace(value).empty();
  if (key == "mac") return !device.mac.emplace(value).empty();
  if (key == "iommu_group") return !device.iommuGroupType.emplace(value).empty();
  return true;  // a later listing may say more
}

}  // namespace

std::optional<DeviceFacts> parseDeviceLine(std::string_view line) {
  DeviceFacts device;
  device.name = nextWord(line);
  if (!isDeviceName(device.name)) return std::nullopt;
  bool any = false;
  while (!(line = trimmed(line, kBlanks)).empty()) {
    const std::string_view word = nextWord(line);
    const auto equals = word.find('=');
    if (equals == std::string_view::npos || !take(device, word.substr(0, equals), word.substr(equals + 1)))
      return std::nullopt;
    any = true;
  }
  return any ? std::optional(device) : std::nullopt;
}

MachineFacts parseDeviceListing(std::string_view text, const std::string& origin) {
  MachineFacts facts;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = trimmed(takeLine(text), kBlanks);
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    auto device = parseDeviceLine(line);
    if (!device)
      throw Error(
          fmt::format("{}:{}: expected a line such as \"virtio0 id=0x0002 features=0100... status=0x0f "
                      "parent=0000:00:02.0 iommu_group=none\", found \"{}\"",
                      origin, number, line.substr(0, 60)));
    facts.devices.push_back(std::move(*device));
  }
  if (facts.devices.empty()) throw Error(fmt::format("{}: holds no device facts: no line names a device", origin));
  return facts;
}

}  // namespace descry
