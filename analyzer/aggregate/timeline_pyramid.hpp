// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "schemas/store/database.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

/// What a timeline of millions of chains is drawn from: tables timeline_bucket, timeline_latency and slowest. How long
/// a bucket of the lowest level is follows from the chains: buckets are joined by four whenever they get too many, so
/// that the tables stay a few bytes per chain at any rate. Memory: about 4 bytes per chain.
class TimelinePyramid {
 public:
  TimelinePyramid();
  ~TimelinePyramid();

  /// Chains may come in any order; queue by queue and in the order of time is fastest.
  void add(const ChainRow& chain);
  void write(Database& database);

  /// The band of timeline_latency that a latency belongs to: (2^(band/4), 2^((band+1)/4)] ns.
  static int bandOf(Ns ns);

 private:
  struct Queue;
  std::map<QueueId, std::unique_ptr<Queue>> m_queues;
  Queue* m_last = nullptr;
  QueueId m_lastId = kNoQueue;
};

}  // namespace descry
