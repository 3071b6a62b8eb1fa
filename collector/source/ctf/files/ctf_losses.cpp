// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/files/ctf_losses.hpp"

#include <fmt/format.h>

namespace descry {

LossRange discardedLoss(std::optional<std::uint64_t> count, bool wholePackets, std::uint16_t cpu) {
  LossRange loss;
  loss.reason = "discarded";
  if (count && !wholePackets) loss.count = static_cast<std::int64_t>(*count);
  const std::string_view what = wholePackets ? "whole packets" : "events";
  loss.detail = fmt::format("the tracer discarded {} on CPU {}",
                            count ? fmt::format("{} {}", *count, what) : std::string(what), cpu);
  return loss;
}

LossRange brokenStream(Ns last, std::uint16_t cpu, std::string_view reason) {
  LossRange loss;
  loss.begin = last;
  loss.reason = "truncated";
  loss.detail = fmt::format("the stream of CPU {} breaks off: {}", cpu, reason);
  return loss;
}

}  // namespace descry
