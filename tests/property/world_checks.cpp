// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/property/world_checks.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "schemas/store/table_io.hpp"
#include "tests/property/halves.hpp"

namespace descry::property {

using namespace simulate;

namespace {

/// A chain that was under way when a clock jumped may be consistent with the clock before as well as with the one
/// after.
bool jumpedDuring(const Simulation& simulation, const ChainTruth& chain) {
  for (const SideSpec* const side : {&simulation.scenario.guest, &simulation.scenario.host})
    for (const Step& step : side->steps)
      if (step.at >= chain[Point::Q] && (!seen(chain[Point::R]) || step.at <= chain[Point::R])) return true;
  return false;
}

/// The tracer lost events between the entry of an add and what was taken for its return.
bool lossDuringAdd(const PlayedWorld& world, const GuestHalfRow& half) {
  return world.database()
             .queryInteger(fmt::format("SELECT count(*) FROM loss JOIN capture USING (capture_id) WHERE side = 'guest' "
                                       "AND reason = 'discarded' AND begin_ns <= {} AND end_ns >= {}",
                                       half.q + (seen(half.a) ? half.a : 0), half.q))
             .value_or(0) > 0;
}

}  // namespace

Failures checkRows(const PlayedWorld& world) {
  FailureList list;
  Statement rows = world.database().prepare(
      "SELECT queue_id, epoch, position, total_ns, iotlb_ns, iotlb_induced_ns, swiotlb_ns, ring_ns, notification_ns, "
      "backend_ns, "
      "unattributed_ns, complete, stock_ns, reap_wait_ns, m_ns, a_ns, k_ns, i_ns, d_ns, r_ns, c_ns, "
      "host_k_ns, w_ns, t_ns, f_ns, p_ns, u_ns, s_ns, n_ns FROM chain_view");
  while (rows.step()) {
    const std::string name = fmt::format("chain {}/{}/{}", rows.integer(0), rows.integer(1), rows.integer(2));
    const auto value = [&](int column) { return rows.isNull(column) ? kUnseen : rows.integer(column); };
    if (rows.integer(11) != 0) {
      Ns sum = 0;
      for (int column = 4; column <= 10; ++column) {
        list.expect(seen(value(column)) && value(column) >= 0, "{}: {} is {}", name, rows.columnName(column),
                    value(column));
        if (column != 5) sum += value(column);
      }
      list.expect(sum == value(3), "{}: causes sum up to {}, total is {}", name, sum, value(3));
      list.expect(value(5) <= value(4), "{}: induced {} of iotlb {}", name, value(5), value(4));
      const Ns before = seen(value(12)) ? value(12) : 0, after = seen(value(13)) ? value(13) : 0;
      list.expect(before >= 0 && after >= 0, "{}: stock {} or reap wait {} below zero", name, before, after);
      if (seen(value(20)))
        list.expect(before + value(3) + after == value(20), "{}: {} + {} + {} is not Q..C {}", name, before, value(3),
                    after, value(20));
    } else {
      list.expect(!seen(value(3)), "{}: incomplete, but total is {}", name, value(3));
    }
    for (const std::vector<int>& order :
         {std::vector<int>{14, 15, 16}, {17, 18, 19, 20}, {21, 22, 23, 24, 25, 26, 27}, {28, 23}}) {
      Ns last = kUnseen;
      for (const int column : order) {
        if (!seen(value(column))) continue;
        list.expect(!seen(last) || value(column) >= last, "{}: {} is {}, the point before it {}", name,
                    rows.columnName(column), value(column), last);
        last = value(column);
      }
    }
  }
  return list.take();
}

Failures checkPairs(const PlayedWorld& world, std::int64_t* pairs) {
  FailureList list;
  const Halves halves(world);
  // An add whose return was lost may have failed; the half says so, or a loss between the two does.
  for (const auto& [key, half] : halves.guest)
    list.expect(half.second != Halves::kNoChain || (half.first.flags & kAddReturnUnseen) != 0 ||
                    lossDuringAdd(world, half.first),
                "guest half {}/{}/{} was never published", key.queueId, key.epoch, key.position);
  for (const auto& [key, half] : halves.host)
    list.expect(half.second != Halves::kNoChain, "host half {}/{}/{} was never fetched", key.queueId, key.epoch,
                key.position);
  std::int64_t right = 0;
  for (const ChainRow& row : readAll<ChainRow>(world.database())) {
    const auto* const host = halves.hostOf(row);
    const auto* const guest = halves.guestOf(row);
    if (host == nullptr || guest == nullptr || (row.flags & (kGuestOnly | kHostOnly)) != 0) continue;
    list.expect(host->second == guest->second, "{}: paired with the host half of true chain {}, is {}", nameOf(row),
                host->second, guest->second);
    if (host->second == guest->second) ++right;
  }
  if (pairs != nullptr) *pairs = right;
  return list.take();
}

Failures checkClock(const PlayedWorld& world) {
  FailureList list;
  const Halves halves(world);
  const Simulation& simulation = world.simulation();
  for (const ChainRow& row : readAll<ChainRow>(world.database())) {
    const auto* const host = halves.hostOf(row);
    if (host == nullptr || host->second == Halves::kNoChain || !seen(row.hostShift)) continue;
    const ChainTruth& chain = simulation.truth.chains[static_cast<std::size_t>(host->second)];
    if (jumpedDuring(simulation, chain)) continue;
    const Ns fetched = chain[Point::f];
    const Ns offset = simulation.guest.clock.at(fetched) - simulation.host.clock.at(fetched);
    const Ns estimate = row.hostShift + halves.origin.at(row.queueId) - halves.origin.at(host->first.queueId);
    list.expect(std::abs(estimate - offset) <= row.crossError, "{}: offset {} is not within {} +- {}", nameOf(row),
                offset, estimate, row.crossError);
  }
  return list.take();
}

Failures checkNothingStuck(const PlayedWorld& world) {
  FailureList list;
  for (const simulate::DeviceSpec& device : world.simulation().scenario.devices)
    if (device.loseDoorbell + device.loseInterrupt + device.stopWorker + device.stopBackend > 0) return list.take();
  Statement rows = world.database().prepare("SELECT queue_id, epoch, position, stage, wait_ns FROM stuck_chain");
  while (rows.step())
    list.expect(false, "chain {}/{}/{} is stuck: {} for {} ns", rows.integer(0), rows.integer(1), rows.integer(2),
                rows.text(3), rows.integer(4));
  return list.take();
}

std::string join(const Failures& failures) {
  std::string text;
  for (const std::string& failure : failures) text += failure + "\n";
  return text;
}

}  // namespace descry::property
