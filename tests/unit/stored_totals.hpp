// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>

#include "analyzer/aggregate/half_totals.hpp"
#include "analyzer/aggregate/queue_totals.hpp"
#include "analyzer/aggregate/timeline_pyramid.hpp"
#include "schemas/store/table_io.hpp"

namespace descry {

/// Adds up what the tables of a database hold, as the analysis does in its pass, for a test that wrote chains and
/// halves itself.
inline void storeTotals(Database& database) {
  database.execute(
      "DELETE FROM queue_total; DELETE FROM point_total; DELETE FROM half_total; DELETE FROM device_total;"
      "DELETE FROM ring_use; DELETE FROM slowest; DELETE FROM timeline_bucket; DELETE FROM timeline_latency");
  std::map<ChainId, GuestHalfRow> guests;
  std::map<ChainId, HostHalfRow> hosts;
  std::map<std::int64_t, PairSegmentRow> segments;
  Durations::Budget budget{1000};
  HalfTotals halves(database, budget);
  QueueTotals queues(database, budget);
  TimelinePyramid timeline;
  for (const GuestHalfRow& row : readAll<GuestHalfRow>(database)) {
    halves.add(row);
    guests[{row.queueId, row.epoch, row.position}] = row;
  }
  for (const HostHalfRow& row : readAll<HostHalfRow>(database)) {
    halves.add(row);
    queues.serve(row);
    hosts[{row.queueId, row.epoch, row.position}] = row;
  }
  for (const PairSegmentRow& row : readAll<PairSegmentRow>(database)) segments[row.pairId] = row;
  for (const ChainRow& chain : readAll<ChainRow>(database)) {
    timeline.add(chain);
    ChainId key{chain.queueId, chain.epoch, chain.position};
    const auto guest = guests.find(key);
    if (seen(chain.pairId)) {
      const PairSegmentRow& segment = segments[chain.pairId];
      key = {segment.hostQueueId, segment.hostEpoch, chain.position - segment.shift};
    }
    const auto host = hosts.find(key);
    queues.add(chain, guest == guests.end() ? nullptr : &guest->second, host == hosts.end() ? nullptr : &host->second);
  }
  timeline.write(database);
  queues.write(database);
  halves.write(database);
}

}  // namespace descry
