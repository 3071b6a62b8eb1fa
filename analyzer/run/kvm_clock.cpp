// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/run/kvm_clock.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace descry {

namespace {

constexpr const char* kRung =
    "SELECT q_ns + k_ns FROM guest_half WHERE queue_id = ?1 AND k_ns IS NOT NULL UNION "
    "SELECT ns FROM doorbell WHERE queue_id = ?1 ORDER BY 1";
constexpr const char* kLeft = "SELECT exit_ns FROM kvm_doorbell WHERE queue_id = ?1 ORDER BY ns";
constexpr const char* kTaken =
    "SELECT q_ns + i_ns FROM guest_half WHERE queue_id = ?1 AND i_ns IS NOT NULL UNION "
    "SELECT ns FROM interrupt WHERE queue_id = ?1 ORDER BY 1";
constexpr const char* kInjected = "SELECT injected_ns FROM kvm_interrupt WHERE queue_id = ?1 ORDER BY ns";

/// Empty where one of them was not seen.
std::vector<Ns> moments(const Database& database, const char* sql, QueueId queueId) {
  Statement rows = database.prepare(sql);
  rows.bind(0, queueId);
  std::vector<Ns> found;
  while (rows.step()) {
    if (rows.isNull(0)) return {};
    found.push_back(rows.integer(0));
  }
  return found;
}

Ns gapAround(const std::vector<Ns>& moments, std::size_t at) {
  Ns gap = std::numeric_limits<Ns>::max();
  if (at > 0) gap = std::min(gap, moments[at] - moments[at - 1]);
  if (at + 1 < moments.size()) gap = std::min(gap, moments[at + 1] - moments[at]);
  return gap;
}

void addByOrder(std::vector<ClockConstraint>& list, const ClockModel& clock, const std::vector<Ns>& host,
                const std::vector<Ns>& guest, ClockConstraint::Bound bound) {
  for (std::size_t at = 0; at < host.size(); ++at) {
    const auto reading = clock.at(host[at]);
    if (!reading) continue;
    const Ns apart = std::abs(host[at] + reading->estimate() - guest[at]);
    if (apart < std::min(gapAround(host, at), gapAround(guest, at)) / 2) list.push_back({host[at], guest[at], bound});
  }
}

/// The one of `moments` (index) within `reach` of `around`; nothing where there are several, or none.
std::optional<std::size_t> onlyOneWithin(const std::vector<Ns>& moments, Ns around, Ns reach) {
  const auto first = std::ranges::lower_bound(moments, around - reach);
  if (first == moments.end() || *first > around + reach) return {};
  if (const auto second = std::next(first); second != moments.end() && *second <= around + reach) return {};
  return static_cast<std::size_t>(first - moments.begin());
}

void addLonely(std::vector<ClockConstraint>& list, const ClockModel& clock, const std::vector<Ns>& host,
               const std::vector<Ns>& guest, ClockConstraint::Bound bound) {
  std::vector<Ns> covered, expected, reaches;  // host moments that the clock knows, as the guest's clock showed them
  for (const Ns moment : host) {
    const auto reading = clock.at(moment);
    if (!reading) continue;
    covered.push_back(moment);
    expected.push_back(moment + reading->estimate());
    reaches.push_back(2 * reading->error());
  }
  if (!std::ranges::is_sorted(expected)) return;
  for (std::size_t at = 0; at < covered.size(); ++at) {
    const auto partner = onlyOneWithin(guest, expected[at], reaches[at]);
    if (partner && onlyOneWithin(expected, guest[*partner], reaches[at]) == at)
      list.push_back({covered[at], guest[*partner], bound});
  }
}

void addPairs(std::vector<ClockConstraint>& list, const ClockModel& clock, const std::vector<Ns>& host,
              const std::vector<Ns>& guest, ClockConstraint::Bound bound) {
  if (host.size() == guest.size())
    addByOrder(list, clock, host, guest, bound);
  else
    addLonely(list, clock, host, guest, bound);
}

}  // namespace

std::vector<ClockConstraint> kvmConstraints(const Database& database, const Model& model, const Pairing& pairing,
                                            const ClockModel& clock, std::int64_t guestCapture,
                                            std::int64_t hostCapture) {
  std::vector<ClockConstraint> list;
  if (clock.failed() || model.lacksRecords(guestCapture) || model.lacksRecords(hostCapture)) return list;
  std::set<std::pair<QueueId, QueueId>> queues;
  for (const PairSegmentRow& segment : pairing.segments)
    if (model.captureOf(segment.guestQueueId).captureId == guestCapture &&
        model.captureOf(segment.hostQueueId).captureId == hostCapture)
      queues.emplace(segment.guestQueueId, segment.hostQueueId);
  for (const auto& [guest, host] : queues) {
    addPairs(list, clock, moments(database, kLeft, host), moments(database, kRung, guest), ClockConstraint::Bound::Low);
    addPairs(list, clock, moments(database, kInjected, host), moments(database, kTaken, guest),
             ClockConstraint::Bound::High);
  }
  return list;
}

}  // namespace descry
