// SPDX-License-Identifier: GPL-2.0-or-later
// Facts in what people paste from a guest: lines of its kernel log, /proc/cmdline, /sys/kernel/debug/swiotlb.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "collector/facts/facts_file.hpp"
#include "collector/facts/memory_size.hpp"
#include "collector/facts/virtio_names.hpp"
#include "schemas/model/error.hpp"
#include "schemas/model/swiotlb.hpp"
#include "schemas/text/line.hpp"

namespace descry {

namespace {

constexpr std::int64_t kMostSlots = std::int64_t{1} << 40;

/// The number behind `label`; blanks may stand between.
std::optional<std::int64_t> numberBehind(std::string_view line, std::string_view label) {
  const auto at = line.find(label);
  if (at == std::string_view::npos) return {};
  line.remove_prefix(at + label.size());
  line.remove_prefix(std::min(line.find_first_not_of(" :"), line.size()));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc() || value < 0 || value > kMostSlots) return {};
  return value;
}

void keepLargest(std::optional<std::int64_t>& mine, std::optional<std::int64_t> other) {
  if (other) mine = std::max(mine.value_or(0), *other);
}

/// "swiotlb buffer is full (sz: 294912 bytes), total 524288 (slots), used 1200 (slots)"
bool takeFullPool(std::string_view line, SwiotlbFacts& pool) {
  if (line.find("swiotlb buffer is full") == std::string_view::npos) return false;
  pool.full = pool.full.value_or(0) + 1;
  keepLargest(pool.largestRefusedBytes, numberBehind(line, "(sz:"));
  if (const auto slots = numberBehind(line, "total ")) pool.slots = slots;
  keepLargest(pool.usedSlots, numberBehind(line, "used "));
  return true;
}

/// "software IO TLB: mapped [mem 0x0000000040000000-0x0000000080000000] (1024MB)"
bool takePoolSize(std::string_view line, SwiotlbFacts& pool) {
  if (line.find("software IO TLB: mapped") == std::string_view::npos) return false;
  const auto megabytes = numberBehind(line, "] (");
  if (megabytes && !pool.slots) pool.slots = *megabytes * (1 << 20) / kSwiotlbSlotBytes;
  return megabytes.has_value();
}

/// "/sys/kernel/debug/swiotlb/io_tlb_nslabs:524288", as `grep . /sys/kernel/debug/swiotlb/*` prints it.
bool takeDebugfs(std::string_view line, SwiotlbFacts& pool) {
  const auto slots = numberBehind(line, "io_tlb_nslabs");
  const auto highest = numberBehind(line, "io_tlb_used_hiwater");
  const auto used = highest ? highest : numberBehind(line, "io_tlb_used");
  if (slots) pool.slots = slots;
  keepLargest(pool.usedSlots, used);
  return slots || used;
}

bool takeProtection(std::string_view line, SideFacts& guest) {
  if (line.find("Memory Encryption Features active:") == std::string_view::npos) return false;
  // SME alone encrypts a host's memory; these two are a guest's, whose devices cannot read it.
  if (line.find("SEV") != std::string_view::npos || line.find("TDX") != std::string_view::npos)
    guest.protectedGuest = true;
  return guest.protectedGuest.has_value();
}

/// "Memory: 16289232K/16776692K available (...)", and of /proc/meminfo "MemTotal:       16312345 kB".
bool takeMemory(std::string_view line, SideFacts& guest) {
  constexpr std::string_view kTotal = "MemTotal:";
  if (line.starts_with(kTotal)) {
    guest.memoryBytes = memorySize(line.substr(kTotal.size()), "K");
    return guest.memoryBytes.has_value();
  }
  const auto at = line.find("Memory: "), slash = line.find('/', at), end = line.find(" available", at);
  if (at == std::string_view::npos || slash == std::string_view::npos || end == std::string_view::npos || end < slash)
    return false;
  guest.memoryBytes = memorySize(line.substr(slash + 1, end - slash - 1), "K");
  return guest.memoryBytes.has_value();
}

bool takeText(std::string_view line, std::string_view label, std::optional<std::string>& target) {
  const auto at = line.find(label);
  if (at == std::string_view::npos) return false;
  std::string_view text = line.substr(at + label.size());
  text = text.substr(0, text.find_last_not_of(" \r") + 1);
  target = std::string(text);
  return true;
}

std::string_view cutNumber(std::string_view& text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  text.remove_prefix(digits.size());
  return digits;
}

/// "virtio_blk virtio0: 2/0/0 default/read/poll queues", "virtio_net virtio1 enp1s0: renamed from eth0"
bool takeDriver(std::string_view line, MachineFacts& facts) {
  constexpr std::string_view kDriver = "virtio_", kDevice = " virtio";
  const auto driver = line.find(kDriver), device = line.find(kDevice, driver == std::string_view::npos ? 0 : driver);
  if (driver == std::string_view::npos || device == std::string_view::npos) return false;
  const auto type = deviceIdOfWord(line.substr(driver + kDriver.size(), device - driver - kDriver.size()));
  std::string_view rest = line.substr(device + kDevice.size());
  const std::string_view number = cutNumber(rest);
  if (!type || number.empty() || (!rest.starts_with(':') && !rest.starts_with(' '))) return false;
  const std::string name = "virtio" + std::string(number);
  const auto known = std::ranges::find(facts.devices, name, &DeviceFacts::name);
  DeviceFacts& mine = known == facts.devices.end() ? facts.devices.emplace_back() : *known;
  mine.name = name;
  mine.type = type;
  rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
  if (rest.find("default/read/poll queues") != std::string_view::npos) mine.more["queues"] = cutNumber(rest);
  return true;
}

bool take(std::string_view line, MachineFacts& facts) {
  SideFacts& guest = facts.guest;
  return takeFullPool(line, guest.swiotlb) || takePoolSize(line, guest.swiotlb) || takeDebugfs(line, guest.swiotlb) ||
         takeProtection(line, guest) || takeMemory(line, guest) ||
         takeText(line, "ommand line: ", guest.bootParameters) || takeText(line, "Linux version ", guest.kernel) ||
         takeDriver(line, facts);
}

constexpr std::array<std::string_view, 9> kMarks = {"swiotlb buffer is full",
                                                    "software IO TLB",
                                                    "io_tlb_",
                                                    "Memory Encryption Features active:",
                                                    "ommand line: ",
                                                    "Linux version ",
                                                    "virtio_blk virtio",
                                                    "virtio_net virtio",
                                                    "MemTotal: "};

/// /proc/cmdline is one line of options.
bool isCommandLine(std::string_view text) {
  text = text.substr(0, text.find_last_not_of(" \r\n") + 1);
  if (text.find('\n') != std::string_view::npos) return false;
  return text.starts_with("BOOT_IMAGE=") || text.find("root=") != std::string_view::npos ||
         text.find("console=") != std::string_view::npos || text.find("swiotlb=") != std::string_view::npos;
}

}  // namespace

bool looksLikeKernelText(std::string_view text) {
  return std::ranges::any_of(kMarks,
                             [text](std::string_view mark) { return text.find(mark) != std::string_view::npos; }) ||
         isCommandLine(text);
}

MachineFacts parseKernelText(std::string_view text, const std::string& origin) {
  MachineFacts facts;
  bool any = false;
  if (isCommandLine(text)) {
    facts.guest.bootParameters = std::string(text.substr(0, text.find_last_not_of(" \r\n") + 1));
    any = true;
  }
  while (!text.empty()) any |= take(takeLine(text), facts);
  if (!any)
    throw Error(fmt::format(
        "{}: holds no facts: no line of it says anything about bounce buffers, the kernel or its virtio devices",
        origin));
  if (facts.guest.swiotlb.any()) facts.guest.swiotlb.source = origin;
  return facts;
}

}  // namespace descry
