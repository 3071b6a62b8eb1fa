// SPDX-License-Identifier: GPL-2.0-or-later
// A recording without one of these points is not a poor one: it has no chains, or none that ends, and looks like that
// of an idle machine. Some kernels have no JIT for BPF and refuse programs that call back.
#include "collector/record/essential_points.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace descry {

namespace {

/// One point with `part` in its name is enough: drivers add and reap in one of several ways.
struct Essential {
  Side side;
  std::string_view shows, part;
};

constexpr Essential kEssentials[] = {
    {Side::Host, "which chains are fetched", "fetch ends"},
    {Side::Host, "which chains are done", "used published"},
    {Side::Guest, "which chains are added", "published"},
    {Side::Guest, "which chains come back", "buffer returned"},
};

}  // namespace

std::string lackOfEssentials(Side side, std::span<const Coverage> coverage) {
  for (const Essential& essential : kEssentials) {
    if (essential.side != side) continue;
    const Coverage* missing = nullptr;
    const bool shown = std::ranges::any_of(coverage, [&](const Coverage& point) {
      if (std::string_view(point.point->name).find(essential.part) == std::string_view::npos) return false;
      if (missing == nullptr) missing = &point;
      return point.attachment != Attachment::Missing;
    });
    if (shown) continue;
    const std::string reason = missing == nullptr ? "" : missing->reason;
    return fmt::format("{}: the point '{}' is not attached{}{}", essential.shows,
                       missing == nullptr ? essential.part : missing->point->name, reason.empty() ? "" : ": ", reason);
  }
  return {};
}

std::string insteadOfProbes(std::span<const Coverage> coverage) {
  const auto isOf = [&](std::string_view program) {
    return std::ranges::any_of(
        coverage, [&](const Coverage& point) { return std::string_view(point.point->name).starts_with(program); });
  };
  if (isOf("QEMU:"))
    return "Record the guest, with descry record there, and QEMU by its own trace log, if it was started with -msg "
           "timestamp=on -trace 'virtqueue_*' -trace 'virtio_*' -D qemu.log: descry import --host qemu.log";
  if (isOf("vhost-user:")) return "Record the guest, with descry record there, or build the backend with descry-ust";
  return "Record with trace-cmd instead: descry record --print-trace-cmd";
}

}  // namespace descry
