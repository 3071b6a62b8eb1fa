// SPDX-License-Identifier: GPL-2.0-or-later
// How the latencies of a queue, and what each cause took of them, are distributed: from table cause_histogram.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "analyzer/report/html_page.hpp"
#include "analyzer/report/svg_bars.hpp"
#include "analyzer/report/text_page.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

using Json = nlohmann::ordered_json;

/// Bucket i of a picture holds (2^(i/8), 2^((i+1)/8)] ns: four of the table's, so that few chains make a shape too.
using Buckets = std::map<int, std::int64_t>;
constexpr int kTableBuckets = 4, kPerOctave = 8, kZeros = -32768;
constexpr std::size_t kMostPictures = 8;
constexpr double kWidth = 960, kHeight = 132, kLeft = 12, kRight = 12, kTop = 24, kBottom = 22;

constexpr std::string_view kQuery = "SELECT bucket, count FROM cause_histogram WHERE queue_id={} AND cause='latency'";

int floorDivide(std::int64_t value, int by) {
  return static_cast<int>(value >= 0 ? value / by : -((-value + by - 1) / by));
}

struct QueueShape {
  const LevelSummary* queue = nullptr;
  std::map<std::string, Buckets, std::less<>> causes;
  std::map<std::string, std::int64_t, std::less<>> zeros;
};

std::vector<QueueShape> readShapes(const ReportedCase& reported) {
  std::vector<QueueShape> shapes;
  for (const LevelSummary& queue : reported.summary().queues) {
    QueueShape shape;
    shape.queue = &queue;
    Statement rows = reported.database().prepare(
        "SELECT cause, bucket, count FROM cause_histogram WHERE queue_id = ? ORDER BY cause, bucket");
    rows.bind(0, queue.queueId);
    while (rows.step()) {
      const std::string cause(rows.text(0));
      if (rows.integer(1) == kZeros)
        shape.zeros[cause] += rows.integer(2);
      else
        shape.causes[cause][floorDivide(rows.integer(1), kTableBuckets)] += rows.integer(2);
    }
    shapes.push_back(std::move(shape));
  }
  std::stable_sort(shapes.begin(), shapes.end(), [](const QueueShape& a, const QueueShape& b) {
    return a.queue->latency.total > b.queue->latency.total;
  });
  return shapes;
}

std::string labelOf(const Summary& summary, const LevelSummary& queue) {
  return queue.device == nullptr ? printable(queue.queueName)
                                 : deviceText(summary, *queue.device) + " " + printable(queue.queueName);
}

/// A line across the picture at a percentile.
std::string mark(double x, std::string_view name, Ns ns, bool left) {
  return fmt::format("<path d=\"M{0:.1f},{1} V{2}\" class=\"line\" stroke=\"#59636e\" stroke-dasharray=\"3 3\"/>", x,
                     kTop - 4, kHeight - kBottom) +
         svgText(left ? x - 4 : x + 4, kTop - 6, fmt::format("{} {}", name, timeText(ns)),
                 left ? "class=\"t\" fill=\"#1b1f24\" text-anchor=\"end\"" : "");
}

/// Powers of ten along the axis, and their twofold and fivefold where it is short.
std::string axis(int first, int last, double scale) {
  const double perDecade = std::log2(10.0) * kPerOctave;
  const bool isShort = last - first < 3 * perDecade;
  std::string text;
  for (int power = 0; power < 19; ++power)
    for (const int factor : {1, 2, 5}) {
      const double bucket = power * perDecade + std::log2(factor) * kPerOctave;
      if (bucket < first || bucket > last + 1 || (factor > 1 && !isShort)) continue;
      const double x = kLeft + (bucket - first) * scale;
      text += fmt::format("<path d=\"M{0:.1f},{1} v5\" class=\"line\" stroke=\"#59636e\"/>", x, kHeight - kBottom);
      text += svgText(x, kHeight - 5, timeText(static_cast<Ns>(std::llround(factor * std::pow(10.0, power)))),
                      "class=\"t\" fill=\"#1b1f24\" text-anchor=\"middle\"");
    }
  return text;
}

std::string picture(const QueueShape& shape, int first, int last) {
  const Buckets& buckets = shape.causes.find("latency")->second;
  std::int64_t most = 1;
  for (const auto& [bucket, count] : buckets) most = std::max(most, count);
  const double scale = (kWidth - kLeft - kRight) / (last - first + 1), room = kHeight - kTop - kBottom;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"12\">",
      kWidth, kHeight);
  for (const auto& [bucket, count] : buckets) {
    const double height = std::max(1.0, room * static_cast<double>(count) / static_cast<double>(most));
    text += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"bar\" fill=\"#0b5cad\"/>",
        kLeft + (bucket - first) * scale, kHeight - kBottom - height, std::max(0.8, scale - 0.6), height);
  }
  text += fmt::format("<path d=\"M{},{} H{}\" class=\"line\" stroke=\"#59636e\"/>", kLeft, kHeight - kBottom,
                      kWidth - kRight);
  text += axis(first, last, scale);
  const auto place = [&](Ns ns) {
    const double bucket = ns > 1 ? std::log2(static_cast<double>(ns)) * kPerOctave : 0;
    return kLeft + (std::clamp(bucket, static_cast<double>(first), last + 1.0) - first) * scale;
  };
  const double median = place(shape.queue->latency.p50), tail = place(shape.queue->latency.p99);
  text += mark(median, "p50", shape.queue->latency.p50, median > kWidth / 3 || tail - median < 110);
  text += mark(tail, "p99", shape.queue->latency.p99, tail > kWidth - 110 && tail - median > 220);
  return text + "</svg>";
}

Json chartData(const Summary& summary, const std::vector<QueueShape>& shapes) {
  Json queues = Json::array();
  for (const QueueShape& shape : shapes) {
    Json causes = Json::object(), zeros = Json::object();
    for (const auto& [cause, buckets] : shape.causes) {
      Json& list = causes[cause] = Json::array();
      for (const auto& [bucket, count] : buckets) list.push_back({bucket, count});
    }
    for (const auto& [cause, count] : shape.zeros) zeros[cause] = count;
    queues.push_back({{"name", utf8(labelOf(summary, *shape.queue))},
                      {"chains", shape.queue->complete},
                      {"p50", shape.queue->latency.p50},
                      {"p99", shape.queue->latency.p99},
                      {"causes", std::move(causes)},
                      {"zeros", std::move(zeros)}});
  }
  return {{"kind", "distribution"}, {"queues", std::move(queues)}};
}

}  // namespace

void writeHtmlDistribution(const ReportedCase& reported, std::ostream& out) {
  const Summary& summary = reported.summary();
  std::vector<QueueShape> shapes = readShapes(reported);
  std::erase_if(shapes, [](const QueueShape& shape) { return !shape.causes.contains("latency"); });
  if (shapes.empty()) return;
  int first = std::numeric_limits<int>::max(), last = 0;
  for (const QueueShape& shape : shapes) {
    const Buckets& buckets = shape.causes.find("latency")->second;
    first = std::min(first, buckets.begin()->first);
    last = std::max(last, buckets.rbegin()->first);
  }
  out << "<section id=\"distribution\"><h2>How latency is distributed</h2>\n"
         "<figure class=\"chart\"><figcaption>Chains by latency, logarithmic<span class=\"in-print\">; each queue to "
         "its own height</span>"
         "</figcaption>\n"
         "<div class=\"still\">";
  for (std::size_t i = 0; i < std::min(shapes.size(), kMostPictures); ++i)
    out << fmt::format("<p class=\"name\">{}: {}</p>{}\n", htmlText(labelOf(summary, *shapes[i].queue)),
                       countText(shapes[i].queue->complete, "chain", "chains"),
                       picture(shapes[i], first - 1, last + 1));
  if (shapes.size() > kMostPictures)
    out << fmt::format("<p>and {} queues with less time in all</p>\n", shapes.size() - kMostPictures);
  out << "</div><script type=\"application/json\">" << scriptJson(chartData(summary, shapes).dump())
      << "</script></figure>\n";
  out << "<details class=\"sql\"><summary>SQL of these pictures</summary><pre>-- bucket i: (2^(i/32), 2^((i+1)/32)] "
         "ns\n";
  for (const QueueShape& shape : shapes) out << htmlText(fmt::format(kQuery, shape.queue->queueId)) << ";\n";
  out << "</pre></details></section>\n";
}

}  // namespace descry
