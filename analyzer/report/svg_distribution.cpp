// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/report/svg_distribution.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analyzer/report/svg_bars.hpp"
#include "schemas/text/escape.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

namespace {

constexpr int kPerOctave = DistributionFigure::kPerOctave;
constexpr std::size_t kMostPictures = 8;
constexpr double kPictureWidth = 960, kHeight = 132, kLeft = 12, kRight = 12, kTop = 24, kBottom = 22;

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
      text += svgText(x, kHeight - 5, timeText(factor * std::pow(10.0, power)),
                      "class=\"t\" fill=\"#1b1f24\" text-anchor=\"middle\"");
    }
  return text;
}

std::string picture(const DistributionFigure::Queue& queue, int first, int last) {
  const DistributionFigure::Buckets& buckets = queue.causes.find("latency")->second;
  std::int64_t most = 1;
  for (const auto& [bucket, count] : buckets) most = std::max(most, count);
  const double scale = (kPictureWidth - kLeft - kRight) / (last - first + 1), room = kHeight - kTop - kBottom;
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"12\">",
      kPictureWidth, kHeight);
  for (const auto& [bucket, count] : buckets) {
    const double height = std::max(1.0, room * static_cast<double>(count) / static_cast<double>(most));
    text += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" class=\"bar\" fill=\"#0b5cad\"/>",
        kLeft + (bucket - first) * scale, kHeight - kBottom - height, std::max(0.8, scale - 0.6), height);
  }
  text += fmt::format("<path d=\"M{},{} H{}\" class=\"line\" stroke=\"#59636e\"/>", kLeft, kHeight - kBottom,
                      kPictureWidth - kRight);
  text += axis(first, last, scale);
  const auto place = [&](Ns ns) {
    const double bucket = ns > 1 ? std::log2(static_cast<double>(ns)) * kPerOctave : 0;
    return kLeft + (std::clamp(bucket, static_cast<double>(first), last + 1.0) - first) * scale;
  };
  const double median = place(queue.p50), tail = place(queue.p99);
  text += mark(median, "p50", queue.p50, median > kPictureWidth / 3 || tail - median < 110);
  text += mark(tail, "p99", queue.p99, tail > kPictureWidth - 110 && tail - median > 220);
  return text + "</svg>";
}

}  // namespace

std::string distributionPictures(const DistributionFigure& figure) {
  int first = std::numeric_limits<int>::max(), last = 0;
  for (const auto& queue : figure.queues) {
    const auto& buckets = queue.causes.find("latency")->second;
    first = std::min(first, buckets.begin()->first);
    last = std::max(last, buckets.rbegin()->first);
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(figure.queues.size(), kMostPictures); ++i)
    text += fmt::format("<p class=\"name\">{}: {}</p>{}\n", htmlText(figure.queues[i].name),
                        countText(figure.queues[i].chains, "chain", "chains"),
                        picture(figure.queues[i], first - 1, last + 1));
  if (figure.queues.size() > kMostPictures)
    text += fmt::format("<p>and {} queues with less time in all</p>\n", figure.queues.size() - kMostPictures);
  return text;
}

}  // namespace descry
