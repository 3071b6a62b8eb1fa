// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/finding/standstill.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "analyzer/finding/phrases.hpp"

namespace descry {

namespace {

struct Step {
  const char *column, *text;
};

/// Where the chains are, by the last step that was seen.
constexpr Step kSteps[] = {{"published", "published"},
                           {"rung", "published and the doorbell rung"},
                           {"doorbell_seen", "not fetched although the host saw a doorbell"},
                           {"fetched", "fetched and not used"},
                           {"used", "used, without an interrupt"},
                           {"signalled", "used and signalled, but the guest took no interrupt"},
                           {"interrupted", "used and interrupted, but the driver did not take them back"}};

constexpr Step kGuestEvents[] = {{"guest_add_ago_ns", "add"},
                                 {"guest_doorbell_ago_ns", "doorbell"},
                                 {"guest_interrupt_ago_ns", "interrupt"},
                                 {"guest_return_ago_ns", "return"}};
constexpr Step kHostEvents[] = {{"host_doorbell_ago_ns", "doorbell"},
                                {"host_fetch_ago_ns", "fetch"},
                                {"host_used_ago_ns", "used entry"},
                                {"host_signal_ago_ns", "interrupt"}};

std::string stepsText(const Evidence& evidence) {
  std::vector<std::string> parts;
  for (const auto& [column, text] : kSteps) {
    const std::int64_t chains = evidence.integer(column);
    if (chains == 0) continue;
    parts.push_back(fmt::format("{} {}", countText(chains), text));
  }
  std::string said = fmt::format("{}.", fmt::join(parts, ", "));
  if (evidence.integer("host_seen") == 0) said += " What the host did with them was not recorded.";
  if (const auto suppressed = evidence.integer("suppressed"); suppressed > 0)
    said += fmt::format(" For {} of them the driver rang no doorbell: the device had said that it needs none.",
                        countText(suppressed));
  return said;
}

template <std::size_t N>
std::string lastText(const Evidence& evidence, const char* side, const Step (&events)[N]) {
  std::vector<std::string> parts;
  for (const auto& [column, text] : events)
    if (evidence.known(column)) parts.push_back(fmt::format("{} {}", text, timeText(evidence.integer(column))));
  if (parts.empty()) return "";
  return fmt::format(" Last events of the {}, before its recording ended: {}.", side, fmt::join(parts, ", "));
}

}  // namespace

StandstillRule standstillRule(const Evidence& evidence) {
  if (evidence.integer("stuck") == 0) return StandstillRule::None;
  const std::string stage = evidence.text("oldest_stage");
  if (stage == "used" || stage == "signalled") return StandstillRule::LostNotification;
  if (stage == "seen") return StandstillRule::QueueStopped;
  if (stage == "fetched" || stage == "interrupted" || evidence.integer("host_seen") == 0)
    return StandstillRule::StuckChains;
  return evidence.integer("bells_shown") != 0 ? StandstillRule::LostNotification : StandstillRule::QueueStopped;
}

std::string stuckTitle(const Target& target, const Evidence& evidence) {
  return fmt::format("{}: {} stuck for {}", target.name(), countText(evidence.integer("stuck"), "chain", "chains"),
                     timeText(evidence.integer("age_ns")));
}

std::string stuckText(const Evidence& evidence) {
  std::string text =
      fmt::format("The oldest was published at {} (time of the trace).", exactSeconds(evidence.integer("since_ns")));
  if (evidence.known("usual_ns"))
    text +=
        fmt::format(" 99.9 % of the chains of this queue come back within {}.", timeText(evidence.integer("usual_ns")));
  else
    text += " Fewer than 20 chains of this queue came back, so what is usual is not known.";
  text += " The machine went on meanwhile. Where they are: " + stepsText(evidence);
  text += lastText(evidence, "guest", kGuestEvents) + lastText(evidence, "host", kHostEvents);
  return text + " Percentiles and the maximum of the latency count each with its age: at least so long.";
}

std::string lacksStandstill(const Target& target, const Evidence& evidence) {
  if (evidence.known("stuck")) return "";
  return firstOf({lacksGuest(target), lacksHost(target)});
}

}  // namespace descry
