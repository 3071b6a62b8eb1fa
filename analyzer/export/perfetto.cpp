// SPDX-License-Identifier: GPL-2.0-or-later
// A case as a Perfetto trace. A device is a group; each of its queues has a track for chains as the guest sees them,
// with their causes inside, one for the time that the host has them, an arrow from the one to the other and back, marks
// for doorbells, interrupts and IOTLB misses, and a counter of chains in flight. Times are those of the guest's trace.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "analyzer/case/queues.hpp"
#include "analyzer/export/exports.hpp"
#include "analyzer/export/perfetto_packets.hpp"
#include "analyzer/run/stored_chains.hpp"
#include "schemas/model/error.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

namespace {

using Track = PerfettoPackets::Track;
using Note = PerfettoPackets::Note;

constexpr Ns kNever = std::numeric_limits<Ns>::max();
constexpr Ns kRoomBefore = 1'000'000'000;  // a host's first events may lie before the guest's

/// Slices that overlap, on as many tracks of one name as it takes; Perfetto shows these as one.
class Lanes {
 public:
  Lanes(PerfettoPackets& packets, Track parent, std::string name)
      : m_packets(packets), m_parent(parent), m_name(std::move(name)) {}

  /// A track that is free from `begin`, taken until `end`.
  Track take(Ns begin, Ns end) {
    const auto free = std::ranges::find_if(m_lanes, [begin](const Lane& lane) { return lane.freeAt <= begin; });
    Lane& lane = free != m_lanes.end() ? *free : m_lanes.emplace_back(Lane{m_packets.track(m_parent, m_name), 0});
    lane.freeAt = end;
    return lane.track;
  }

 private:
  struct Lane {
    Track track;
    Ns freeAt;
  };
  PerfettoPackets& m_packets;
  Track m_parent;
  std::string m_name;
  std::vector<Lane> m_lanes;
};

class PerfettoExport {
 public:
  PerfettoExport(const Database& database, const Condition& condition, std::ostream& out);

  void write();

 private:
  using Wanted = std::map<QueueId, std::set<std::pair<std::int64_t, std::int64_t>>>;

  Ns onTrace(std::int64_t captureId, Ns ns) const {
    return std::max<Ns>(0, m_axis.traceTime(m_axis.toAxis(captureId, ns)) + m_room);
  }
  void readWanted(const Condition& condition);
  bool isWanted(const ChainRow& row) const;
  Track groupOf(const QueueInfo& queue);
  void writeQueue(const QueueInfo& queue);
  void writeChain(const QueueInfo& queue, const StoredChain& chain, Lanes& guest, Lanes& host);
  void writeHostPart(const StoredChain& chain, Ns shift, Lanes& lanes, bool isAlone);
  void writeInFlight(const QueueInfo& queue, Track group);
  void writeMarks(const QueueInfo& queue, Track group);
  void writeMarksOf(QueueId queueId, std::int64_t captureId, Track group, const std::string& prefix);

  const Database& m_database;
  PerfettoPackets m_packets;
  std::vector<CaptureRow> m_captures;
  TimeAxis m_axis;
  StoredChains m_stored;
  std::map<DeviceId, Track> m_groups;
  std::set<QueueId> m_marked;
  std::optional<Wanted> m_wanted;              ///< all where there is no condition
  std::vector<std::pair<Ns, int>> m_inFlight;  ///< of one queue: when a chain came or went
  std::uint64_t m_flow = 0;
  std::size_t m_chains = 0;
  Ns m_room = 0;
};

PerfettoExport::PerfettoExport(const Database& database, const Condition& condition, std::ostream& out)
    : m_database(database),
      m_packets(out),
      m_captures(readAll<CaptureRow>(database, "ORDER BY capture_id")),
      m_axis(m_captures, readAll<ClockSegmentRow>(database, "ORDER BY segment_id"), axisCaptureOf(m_captures)),
      m_stored(database) {
  Ns first = kNever;
  for (const CaptureRow& capture : m_captures)
    first = std::min(first, m_axis.traceTime(m_axis.toAxis(capture.captureId, 0)));
  if (first < kRoomBefore) m_room = kRoomBefore - first;
  if (!condition.empty()) readWanted(condition);
}

void PerfettoExport::readWanted(const Condition& condition) {
  Statement rows = m_database.prepare("SELECT queue_id, epoch, position FROM chain_view WHERE " + condition.sql);
  condition.bind(rows, 0);
  m_wanted.emplace();
  while (rows.step()) (*m_wanted)[rows.queueId(0)].emplace(rows.integer(1), rows.integer(2));
}

bool PerfettoExport::isWanted(const ChainRow& row) const {
  if (!m_wanted) return true;
  const auto queue = m_wanted->find(row.queueId);
  return queue != m_wanted->end() && queue->second.contains({row.epoch, row.position});
}

Track PerfettoExport::groupOf(const QueueInfo& queue) {
  const auto [group, isNew] = m_groups.try_emplace(queue.deviceId, 0);
  if (isNew)
    group->second = m_packets.group(numberOf(queue.deviceId), fmt::format("{} {} ({}, {})", queue.vm, queue.device,
                                                                          queue.deviceKind, queue.transport));
  return group->second;
}

void PerfettoExport::writeHostPart(const StoredChain& chain, Ns shift, Lanes& lanes, bool isAlone) {
  const ChainLife& life = chain.life;
  Ns begin = kUnseen, end = kUnseen;
  for (std::size_t i = 0; i < life.count; ++i) {
    if (onGuestClock(life.stops[i].point)) continue;
    if (!seen(begin)) begin = life.stops[i].at;
    end = life.stops[i].at;
  }
  if (!seen(begin) || life.detached) return;
  PerfettoPackets::Event event{fmt::format("chain {}", chain.host->position), {}, {}, {}};
  event.notes = {{"position", chain.host->position}};
  if (seen(chain.host->lengthBytes)) event.notes.emplace_back("length_bytes", chain.host->lengthBytes);
  if (!isAlone) event.flows = {m_flow};
  const Track track = lanes.take(begin + shift, end + shift);
  m_packets.begin(track, begin + shift, event);
  m_packets.end(track, end + shift);
}

void PerfettoExport::writeChain(const QueueInfo& queue, const StoredChain& chain, Lanes& guest, Lanes& host) {
  const ChainLife& life = chain.life;
  const bool isOpen = !seen(life.end);
  // A buffer that waits for a packet is stock.
  if (!isWanted(chain.row) || (isOpen && life.postedBuffer)) return;
  ++m_chains;
  ++m_flow;
  const Ns shift = onTrace(queue.captureId, chain.row.start) - chain.row.start;
  const Ns begin = (isOpen ? life.first : life.start) + shift;
  m_inFlight.emplace_back(begin, 1);
  if (!isOpen) m_inFlight.emplace_back(life.end + shift, -1);
  const bool isAlone = !chain.guest || !chain.host || life.detached;
  const std::string name = fmt::format("chain {}", chain.row.position);
  PerfettoPackets::Event event{name, {{"position", chain.row.position}, {"epoch", chain.row.epoch}}, {}, {}};
  if (!isOpen) event.notes.emplace_back("latency_ns", life.end - life.start);
  if (seen(life.error)) event.notes.emplace_back("clock_error_ns", life.error);
  if (!isAlone) event.flows = {m_flow};
  const Track track = (chain.guest ? guest : host).take(begin, isOpen ? kNever : life.end + shift);
  m_packets.begin(track, begin, event);
  for (const CauseSpan& span : chain.spans) {
    if (span.length() == 0) continue;
    PerfettoPackets::Event part{std::string(infoOf(span.cause).name), {}, {}, {}};
    part.notes = {{"from", std::string(infoOf(span.from).name)}, {"to", std::string(infoOf(span.to).name)}};
    if (span.induced) part.notes.emplace_back("induced", std::int64_t{1});
    if (span.somewhere) part.notes.emplace_back("place_not_recorded", std::int64_t{1});
    if (&span == &chain.spans.back() && !isAlone) part.endingFlows = {m_flow};
    m_packets.begin(track, span.begin + shift, part);
    m_packets.end(track, span.end + shift);
  }
  if (!isOpen) m_packets.end(track, life.end + shift);
  if (chain.guest && chain.host) writeHostPart(chain, shift, host, isAlone);
}

/// Where several change at once, only what it is then.
void PerfettoExport::writeInFlight(const QueueInfo& queue, Track group) {
  std::ranges::sort(m_inFlight);
  const Track counter = m_packets.counter(group, queue.name + " in flight");
  std::int64_t value = 0;
  for (std::size_t i = 0; i < m_inFlight.size(); ++i) {
    value += m_inFlight[i].second;
    if (i + 1 == m_inFlight.size() || m_inFlight[i + 1].first != m_inFlight[i].first)
      m_packets.count(counter, m_inFlight[i].first, value);
  }
  m_inFlight.clear();
}

void PerfettoExport::writeMarksOf(QueueId queueId, std::int64_t captureId, Track group, const std::string& prefix) {
  const auto capture = std::ranges::find(m_captures, captureId, &CaptureRow::captureId);
  // A host queue may serve a firmware first, whose chains are listed as another queue.
  if (capture == m_captures.end() || !m_marked.insert(queueId).second) return;
  const auto write = [&](const std::string& name, const char* one, const std::string& sql) {
    Statement rows = m_database.prepare(sql);
    rows.bind(0, queueId);
    std::optional<Track> track;
    while (rows.step()) {
      if (!track) track = m_packets.track(group, name);
      PerfettoPackets::Event event{one, {}, {}, {}};
      for (int column = 1; column < rows.columnCount(); ++column)
        if (rows.type(column) == Statement::Type::Integer)
          event.notes.emplace_back(rows.columnName(column), rows.integer(column));
        else if (!rows.isNull(column))
          event.notes.emplace_back(rows.columnName(column), std::string(rows.text(column)));
      m_packets.instant(*track, onTrace(captureId, rows.integer(0) - capture->origin), event);
    }
  };
  write(prefix + " doorbells", "doorbell", "SELECT ns, chains FROM doorbell_view WHERE queue_id = ? ORDER BY ns");
  write(prefix + " interrupts", "interrupt", "SELECT ns, chains FROM interrupt_view WHERE queue_id = ? ORDER BY ns");
  write(
      prefix + " IOTLB misses", "IOTLB miss",
      "SELECT raised_ns, iova, position, translate_ns, requeue_ns FROM miss_view WHERE queue_id = ? ORDER BY raised_ns");
}

void PerfettoExport::writeMarks(const QueueInfo& queue, Track group) {
  if (!queue.onHost) writeMarksOf(queue.queueId, queue.captureId, group, queue.name + " guest");
  for (const QueueId hostQueue : queue.hostQueueIds)
    writeMarksOf(hostQueue, queue.hostCaptureId, group, queue.name + " host");
}

void PerfettoExport::writeQueue(const QueueInfo& queue) {
  if (m_wanted && !m_wanted->contains(queue.queueId)) return;
  const Track group = groupOf(queue);
  Lanes guest(m_packets, group, queue.name + " guest"), host(m_packets, group, queue.name + " host");
  constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min(),
                         kLast = std::numeric_limits<std::int64_t>::max();
  m_stored.forEach(m_database, {queue.queueId, kFirst, kFirst}, {queue.queueId, kLast, kLast},
                   [&](const StoredChain& chain) { writeChain(queue, chain, guest, host); });
  writeInFlight(queue, group);
  writeMarks(queue, group);
}

void PerfettoExport::write() {
  m_packets.track(0, "Made by Descry");  // nothing is on it, so it is not shown: it tells whose file this is
  for (const QueueInfo& queue : queuesWithChains(m_database, m_axis)) writeQueue(queue);
  if (m_chains == 0) throw Error(m_database.path().string() + ": no chain to export");
}

}  // namespace

void exportPerfetto(const Database& database, const Condition& condition, std::ostream& out) {
  PerfettoExport(database, condition, out).write();
}

}  // namespace descry
