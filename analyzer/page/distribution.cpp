// SPDX-License-Identifier: GPL-2.0-or-later
// How the latencies of a queue, and what each cause took of them, are distributed: from table cause_histogram.
#include <fmt/format.h>

#include <algorithm>

#include "analyzer/aggregate/histogram.hpp"
#include "analyzer/page/case_page.hpp"

namespace descry {

namespace {

// The figure's buckets are wider than the table's, so that few chains make a shape too.
constexpr int kJoined = Histogram::kPerOctave / DistributionFigure::kPerOctave;

DistributionFigure::Queue readQueue(const Database& database, const Summary& summary, const LevelSummary& level) {
  DistributionFigure::Queue queue{
      levelText(summary, level), level.complete, level.latency.p50, level.latency.p99, {}, {}};
  Statement rows =
      database.prepare("SELECT cause, bucket, count FROM cause_histogram WHERE queue_id = ? ORDER BY cause, bucket");
  rows.bind(0, level.queueId);
  while (rows.step()) {
    const std::string cause(rows.text(0));
    const auto bucket = static_cast<int>(rows.integer(1));
    if (bucket == Histogram::kZeroBucket)
      queue.zeros[cause] += rows.integer(2);
    else
      queue.causes[cause][Histogram::joined(bucket, kJoined)] += rows.integer(2);
  }
  return queue;
}

}  // namespace

Section distributionSection(const Database& database, const Summary& summary) {
  Section section{"distribution", "How latency is distributed"};
  section.entry = "Distribution";
  std::vector<const LevelSummary*> order;
  for (const LevelSummary& level : summary.queues) order.push_back(&level);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->latency.total > b->latency.total; });
  DistributionFigure figure{"Chains by latency, logarithmic", "; each queue to its own height", {}, {}};
  figure.sql.emplace_back("-- bucket i: (2^(i/32), 2^((i+1)/32)] ns");
  for (const LevelSummary* level : order) {
    DistributionFigure::Queue queue = readQueue(database, summary, *level);
    if (!queue.causes.contains("latency")) continue;
    figure.queues.push_back(std::move(queue));
    figure.sql.push_back(fmt::format("SELECT bucket, count FROM cause_histogram WHERE queue_id={} AND cause='latency';",
                                     level->queueId));
  }
  if (!figure.queues.empty()) section.add(std::move(figure), Media::Html);
  return section;
}

}  // namespace descry
