// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/viewport.hpp"

#include <gtest/gtest.h>

namespace descry::gui {
namespace {

constexpr TimeRange kDay{0, 86'400'000'000'000};

TEST(Viewport, KeepsTheTimeUnderTheMouseWhenItZooms) {
  Viewport viewport = Viewport::fitting(kDay, 1000);
  for (int step = 0; step < 60; ++step) {
    const Ns under = viewport.timeAt(333);
    viewport = viewport.zoomed(333, 1.25, kDay);
    EXPECT_NEAR(static_cast<double>(viewport.timeAt(333) - under), 0, viewport.nsPerPixel + 1) << step;
  }
  EXPECT_LT(viewport.nsPerPixel, 2e5);
}

TEST(Viewport, TellsNanosecondsApartAYearAfterTheBegin) {
  const Viewport viewport{365 * kDay.length(), 0.1, 1000};
  EXPECT_DOUBLE_EQ(viewport.xOf(viewport.begin + 7), 70);
  EXPECT_EQ(viewport.timeAt(70.5), viewport.begin + 7);
}

TEST(Viewport, PansByWholePixelsAndBack) {
  const Viewport viewport = Viewport::fitting({1'000'000, 2'000'000}, 100);
  const Viewport moved = viewport.panned(17, kDay);
  EXPECT_EQ(moved.begin, viewport.begin + 170'000);
  EXPECT_EQ(moved.panned(-17, kDay).begin, viewport.begin);
}

TEST(Viewport, NeverLosesSightOfTheWhole) {
  const TimeRange whole{100, 1100};
  const Viewport viewport = Viewport::fitting(whole, 100);
  EXPECT_LT(viewport.panned(1e9, whole).begin, whole.end);
  EXPECT_GT(viewport.panned(-1e9, whole).end(), whole.begin);
  EXPECT_LE(viewport.zoomed(50, 1e-9, whole).nsPerPixel, 20.0001) << "not further out than twice the whole";
  EXPECT_GE(viewport.zoomed(50, 1e9, whole).nsPerPixel, Viewport::kLeastNsPerPixel);
}

TEST(Viewport, ChoosesTheLevelWithOneToFourBucketsPerPixel) {
  for (const double scale : {1.0, 3.0, 4.0, 1000.0, 65535.0, 65536.0, 1e9}) {
    const int level = Viewport{0, scale, 1}.level();
    EXPECT_EQ(level % 2, 0);
    const double perPixel = scale / std::exp2(level);
    EXPECT_GE(perPixel, 1.0) << scale;
    EXPECT_LT(perPixel, 4.0) << scale;
  }
}

TEST(Viewport, HandlesTimesBeforeTheBegin) {
  const Viewport viewport{-1000, 10, 100};
  EXPECT_DOUBLE_EQ(viewport.xOf(-500), 50);
  EXPECT_EQ(viewport.timeAt(0.5), -995);
}

}  // namespace
}  // namespace descry::gui
