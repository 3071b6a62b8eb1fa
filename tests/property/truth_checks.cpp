// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdlib>
#include <set>

#include "schemas/store/table_io.hpp"
#include "tests/property/halves.hpp"
#include "tests/property/world_checks.hpp"

namespace descry::property {

using namespace simulate;

namespace {

/// Compares one chain's row with what was.
class ChainCheck {
 public:
  ChainCheck(FailureList& list, const PlayedWorld& world, const ChainRow& row, const ChainTruth& chain)
      : m_list(list), m_simulation(world.simulation()), m_row(row), m_chain(chain) {}

  void guestPoints(const GuestHalfRow& half, Ns origin) {
    const WorldClock& clock = m_simulation.guest.clock;
    point(Point::M, half.m, half.q, origin, clock);
    point(Point::A, half.a, half.q, origin, clock);
    point(Point::K, half.k, half.q, origin, clock);
    point(Point::D, half.d, half.q, origin, clock);
    point(Point::R, half.r, half.q, origin, clock);
    equal("head", half.head, m_chain.head);
    equal("bounces", zeroIfUnseen(half.bounces), m_chain.bounces);
    equal("copies back", zeroIfUnseen(half.copiesBack), m_chain.copiesBack);
    equal("doorbell suppressed", (half.flags & kDoorbellSuppressed) != 0 ? 1 : 0, m_chain.doorbellSuppressed ? 1 : 0);
  }

  void hostPoints(const HostHalfRow& half, Ns origin) {
    const WorldClock& clock = m_simulation.host.clock;
    point(Point::t, half.t, half.f, origin, clock);
    point(Point::p, half.p, half.f, origin, clock);
    point(Point::u, half.u, half.f, origin, clock);
    equal("misses", zeroIfUnseen(half.misses), m_chain.misses);
  }

  void causes() {
    const CauseTruth truth = m_simulation.measuredCauses(m_chain);
    const Ns cross = m_row.crossError;
    // A doorbell that was seen to arrive although polling found the chain: no rule says whose time that is.
    const bool foundByPolling = seen(m_chain[Point::k]) && !seen(m_chain[Point::w]);
    if (foundByPolling || endIsAmbiguous(cross) || startIsAmbiguous(truth, cross)) return;
    // Times inside one add or get are sums of true spans; the clock that measures them is up to 50 ppm off.
    const Ns nested = 40 + truth.total() / 10000;
    const Ns inClock = nearBoundary(2 * cross) ? cross : 0;
    const Ns iommu = m_chain.iommuMap + m_chain.iommuUnmap > 0 ? nested : 0;
    near("swiotlb", m_row.causes[Cause::Swiotlb], cause(truth, Cause::Swiotlb), m_chain.bounces > 0 ? nested : 0);
    near("unattributed", m_row.causes[Cause::Unattributed], 0, 0);
    near("backend", m_row.causes[Cause::Backend], cause(truth, Cause::Backend), inClock);
    near("own iotlb", m_row.causes[Cause::Iotlb] - m_row.iotlbInduced, cause(truth, Cause::Iotlb) - truth.induced,
         inClock + iommu);
    near("induced", m_row.iotlbInduced, truth.induced, cross);
    near("ring", m_row.causes[Cause::Ring], cause(truth, Cause::Ring), 2 * cross + nested);
    near("notification", m_row.causes[Cause::Notification], cause(truth, Cause::Notification), 2 * cross);
    near("stock", zeroIfUnseen(m_row.stock), truth.before, cross);
    near("reap wait", zeroIfUnseen(m_row.reapWait), truth.after, cross);
  }

 private:
  static std::int64_t zeroIfUnseen(std::int64_t value) { return seen(value) ? value : 0; }
  static Ns cause(const CauseTruth& truth, Cause which) { return truth.causes[static_cast<std::size_t>(which)]; }

  /// An interrupt so close to u that the clocks cannot say whether it announced this chain decides, for a transmit
  /// buffer, between two ends.
  bool endIsAmbiguous(Ns cross) const {
    const bool transmit = m_simulation.truth.rings[static_cast<std::size_t>(m_chain.ring)].transmit;
    // An interrupt announced it, but the next transmission was faster than the handler: no probe tells who reaped.
    const bool announced = (m_row.points & pointBit(Point::I)) != 0;
    if (transmit && announced && !m_chain.reapedByInterrupt) return true;
    return transmit && seen(m_chain[Point::I]) && m_chain.reapedByInterrupt &&
           std::abs(m_chain[Point::I] - m_chain[Point::u]) <= 2 * cross;
  }

  /// Whether a packet came before or after its buffer was posted decides what the chain's latency is.
  bool startIsAmbiguous(const CauseTruth& truth, Ns cross) const {
    const bool receive = m_simulation.truth.rings[static_cast<std::size_t>(m_chain.ring)].receive;
    const Ns arrival = m_chain[Point::n];
    // A packet that came while the worker armed its socket again has no event: the next one's is taken for it.
    if (receive && takesAnArrival()) return true;
    const bool earlyPacket = seen(arrival) && std::abs(arrival - m_chain[Point::Q]) <= 2 * cross;
    return receive && (earlyPacket || truth.before <= m_chain[Point::A] - m_chain[Point::Q] + 2 * cross);
  }

  /// Of two buffers fetched one after the other, the first without an arrival of its own: the fold gives it the
  /// second's.
  bool takesAnArrival() const {
    const auto chainAt = [&](std::int64_t position) -> const ChainTruth* {
      for (const ChainTruth& other : m_simulation.truth.chains)
        if (other.ring == m_chain.ring && other.position == position) return &other;
      return nullptr;
    };
    const auto takes = [](const ChainTruth* first, const ChainTruth* second) {
      return first != nullptr && second != nullptr && !seen((*first)[Point::n]) && seen((*second)[Point::n]) &&
             seen((*first)[Point::f]) && (*second)[Point::n] < (*first)[Point::f];
    };
    return takes(&m_chain, chainAt(m_chain.position + 1)) || takes(chainAt(m_chain.position - 1), &m_chain);
  }

  /// True when a host point lies so close to a guest point next to it that the clocks cannot tell their order. Then one
  /// of the two is moved, and the spans on both sides with it.
  bool nearBoundary(Ns reach) const {
    const Ns tried = seen(m_chain[Point::t]) ? m_chain[Point::t] : m_chain[Point::f];
    for (const Point point : {Point::M, Point::A, Point::K})
      if (seen(m_chain[point]) && tried < m_chain[point] + reach) return true;
    if (tried < m_chain[Point::Q] + reach) return true;
    for (const Point point : {Point::I, Point::D, Point::R})
      if (seen(m_chain[point]) && m_chain[point] < m_chain[Point::u] + reach) return true;
    return false;
  }

  void point(Point which, Ns offset, Ns base, Ns origin, const WorldClock& clock) {
    const Ns truth = m_chain[which];
    if (!seen(truth) || !seen(offset)) {
      m_list.expect(seen(truth) == seen(offset), "{}: {} was {} and is {}", nameOf(m_row), infoOf(which).letter,
                    seen(truth) ? "there" : "not there", seen(offset) ? "there" : "not there");
      return;
    }
    equal(infoOf(which).letter, base + offset + origin, clock.at(truth));
  }
  void equal(std::string_view what, std::int64_t found, std::int64_t truth) {
    m_list.expect(found == truth, "{}: {} is {}, was {}", nameOf(m_row), what, found, truth);
  }
  void near(std::string_view what, Ns found, Ns truth, Ns tolerance) {
    m_list.expect(std::abs(found - truth) <= tolerance, "{} (true position {}): {} is {} ns, was {} ns (+- {})",
                  nameOf(m_row), m_chain.position, what, found, truth, tolerance);
  }

  FailureList& m_list;
  const Simulation& m_simulation;
  const ChainRow& m_row;
  const ChainTruth& m_chain;
};

}  // namespace

Failures checkTruth(const PlayedWorld& world) {
  FailureList list;
  const Halves halves(world);
  const Truth& truth = world.simulation().truth;
  std::set<std::int64_t> paired;
  for (const ChainRow& row : readAll<ChainRow>(world.database())) {
    const auto* const host = halves.hostOf(row);
    const auto* const guest = halves.guestOf(row);
    if (host == nullptr || guest == nullptr || host->second != guest->second || host->second == Halves::kNoChain)
      continue;
    paired.insert(host->second);
    const ChainTruth& chain = truth.chains[static_cast<std::size_t>(host->second)];
    ChainCheck check(list, world, row, chain);
    check.guestPoints(guest->first, halves.origin.at(row.queueId));
    check.hostPoints(host->first, halves.origin.at(host->first.queueId));
    if (!seen(chain[Point::R])) continue;
    list.expect((row.flags & (kUnsynchronised | kIncomplete)) == 0, "{}: flags {}", nameOf(row), row.flags);
    if ((row.flags & (kUnsynchronised | kIncomplete)) == 0) check.causes();
  }
  const bool refused = world.database()
                           .queryInteger("SELECT count(*) FROM unpaired_view WHERE reason LIKE '%alignments fit%'")
                           .value_or(0) > 0;
  for (std::size_t index = 0; index < truth.chains.size(); ++index) {
    const ChainTruth& chain = truth.chains[index];
    if (!seen(chain[Point::Q]) || !seen(chain[Point::f]) || !seen(chain[Point::R])) continue;
    const RingTruth& ring = truth.rings[static_cast<std::size_t>(chain.ring)];
    // Which of two devices is which may stay open; a queue that never had a doorbell has no name on the host.
    if (world.simulation().scenario.devices.size() > 1 || (!ring.vhost && ring.arrivedDoorbells == 0)) continue;
    // Nothing tells the positions of a packed ring but the order, and a few chains may fit in several ways: then they
    // must stay apart, and the database must say so.
    if (ring.packed && refused) continue;
    list.expect(paired.contains(static_cast<std::int64_t>(index)), "device {} queue {}: position {} is not paired",
                ring.device, ring.queue, chain.position);
  }
  return list.take();
}

Failures checkAny(const PlayedWorld& world) {
  Failures failures = checkRows(world);
  for (const Failures& more : {checkPairs(world), checkClock(world), checkNothingStuck(world)})
    failures.insert(failures.end(), more.begin(), more.end());
  return failures;
}

Failures checkClean(const PlayedWorld& world) {
  Failures failures = checkAny(world);
  const Failures more = checkTruth(world);
  failures.insert(failures.end(), more.begin(), more.end());
  return failures;
}

}  // namespace descry::property
