// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cmath>

#include "gui/data/case.hpp"

namespace descry::gui {

/// Which part of the axis lies on which pixels. Plain arithmetic: whole nanoseconds, and the begin is subtracted before
/// anything becomes a double.
struct Viewport {
  static constexpr double kLeastNsPerPixel = 0.05;

  Ns begin = 0;
  double nsPerPixel = 1;
  int width = 1;

  double xOf(Ns ns) const { return static_cast<double>(ns - begin) / nsPerPixel; }
  Ns timeAt(double x) const { return begin + static_cast<Ns>(std::floor(x * nsPerPixel)); }
  Ns end() const { return timeAt(width); }
  TimeRange range() const { return {begin, std::max(end(), begin + 1)}; }

  /// The whole range on the whole width.
  static Viewport fitting(const TimeRange& range, int width) {
    const int pixels = std::max(1, width);
    const double scale = static_cast<double>(std::max<Ns>(1, range.length())) / pixels;
    return {range.begin, std::max(scale, kLeastNsPerPixel), pixels};
  }

  /// Closer by `factor` (above 1), with the time under x staying there. Not further out than twice `whole`.
  Viewport zoomed(double x, double factor, const TimeRange& whole) const {
    const double most = 2.0 * static_cast<double>(std::max<Ns>(1, whole.length())) / std::max(1, width);
    Viewport result = *this;
    result.nsPerPixel = std::clamp(nsPerPixel / factor, kLeastNsPerPixel, std::max(most, kLeastNsPerPixel));
    result.begin = begin + static_cast<Ns>(std::llround(x * nsPerPixel - x * result.nsPerPixel));
    return result.limited(whole);
  }

  /// Moved by pixels; positive shows what comes later.
  Viewport panned(double pixels, const TimeRange& whole) const {
    Viewport result = *this;
    result.begin += static_cast<Ns>(std::llround(pixels * nsPerPixel));
    return result.limited(whole);
  }

  /// Some of `whole` stays in sight.
  Viewport limited(const TimeRange& whole) const {
    Viewport result = *this;
    const auto shown = static_cast<Ns>(nsPerPixel * width);
    const Ns margin = shown / 2;
    result.begin = std::clamp(begin, whole.begin - margin, std::max(whole.begin - margin, whole.end - margin));
    return result;
  }

  Viewport resized(int pixels) const {
    Viewport result = *this;
    result.width = std::max(1, pixels);
    return result;
  }

  /// The level of the pyramid with one to four buckets per pixel: even, as all levels are.
  int level() const {
    const int exponent = static_cast<int>(std::floor(std::log2(std::max(1.0, nsPerPixel))));
    return exponent - exponent % 2;
  }
};

}  // namespace descry::gui
