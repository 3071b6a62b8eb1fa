// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/facts/virtio_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace descry {

namespace {

constexpr std::array<std::pair<std::int64_t, std::string_view>, 27> kKinds = {{
    {1, "net"},     {2, "blk"},     {3, "console"}, {4, "rng"},  {5, "balloon"}, {7, "rpmsg"},  {8, "scsi"},
    {9, "9p"},      {11, "rproc"},  {12, "caif"},   {16, "gpu"}, {17, "clock"},  {18, "input"}, {19, "vsock"},
    {20, "crypto"}, {22, "pstore"}, {23, "iommu"},  {24, "mem"}, {25, "sound"},  {26, "fs"},    {27, "pmem"},
    {28, "rpmb"},   {29, "hwsim"},  {32, "scmi"},   {34, "i2c"}, {40, "bt"},     {41, "gpio"},
}};

struct FixedQueues {
  std::string_view kind;
  std::array<std::string_view, 3> names;  ///< by index; an empty name and all later ones are requests
};

constexpr std::array<FixedQueues, 5> kFixed = {{
    {"blk", {"", "", ""}},
    {"scsi", {"ctrl", "event", ""}},
    {"fs", {"hiprio", "", ""}},
    {"vsock", {"rx", "tx", "event"}},
    {"balloon", {"inflate", "deflate", "stats"}},
}};

bool isHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// True when `text` has the form of `pattern`, in which h stands for a hexadecimal digit; `h+` for one or more.
bool matches(std::string_view text, std::string_view pattern) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool repeated = i + 1 < pattern.size() && pattern[i + 1] == '+';
    if (at == text.size() || (pattern[i] == 'h' ? !isHex(text[at]) : text[at] != pattern[i])) return false;
    ++at;
    if (!repeated) continue;
    while (at < text.size() && isHex(text[at])) ++at;
    ++i;
  }
  return at == text.size();
}

}  // namespace

std::string deviceKind(std::int64_t deviceId) {
  for (const auto& [id, kind] : kKinds)
    if (id == deviceId) return std::string(kind);
  return fmt::format("device {}", deviceId);
}

std::optional<std::string_view> transportOfParent(std::string_view parent) {
  if (matches(parent, "hhhh+:hh:hh.h")) return "pci";
  if (matches(parent, "h+.h+.hhhh")) return "ccw";
  if (parent.find("virtio-mmio") != std::string_view::npos || parent.find("virtio_mmio") != std::string_view::npos ||
      parent.starts_with("LNRO0005:"))
    return "mmio";
  return std::nullopt;
}

std::optional<std::string_view> transportOfNotify(std::string_view function) {
  if (function.starts_with("vp_notify")) return "pci";
  if (function.starts_with("vm_notify")) return "mmio";
  if (function.starts_with("virtio_ccw_kvm_notify")) return "ccw";
  return std::nullopt;
}

std::string queueName(std::string_view kind, std::int64_t index, std::int64_t queues, std::optional<bool> hasControl) {
  if (kind == "net") {
    // Receive and transmit queues come in pairs, so an odd one at the end can only be the control queue.
    if (queues % 2 == 1 && index == queues - 1 && hasControl.value_or(true)) return "ctrl";
    return fmt::format("{}{}", index % 2 == 0 ? "rx" : "tx", index / 2);
  }
  const auto fixed = std::ranges::find(kFixed, kind, &FixedQueues::kind);
  if (fixed == kFixed.end()) return fmt::format("q{}", index);
  std::int64_t request = index;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(fixed->names.size()); ++i) {
    const auto name = fixed->names[static_cast<std::size_t>(i)];
    if (name.empty()) break;
    if (i == index) return std::string(name);
    --request;
  }
  return fmt::format("req{}", request);
}

}  // namespace descry
