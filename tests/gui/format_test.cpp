// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/style/format.hpp"

#include <gtest/gtest.h>

#include "gui/style/theme.hpp"

namespace descry::gui {
namespace {

TEST(Format, WritesTimesWithThreeDigits) {
  EXPECT_EQ(timeText(0), QStringLiteral("0 ns"));
  EXPECT_EQ(timeText(381), QStringLiteral("381 ns"));
  EXPECT_EQ(timeText(1200), QStringLiteral("1.20 us"));
  EXPECT_EQ(timeText(999'600), QStringLiteral("1.00 ms"));
  EXPECT_EQ(timeText(45'123'000), QStringLiteral("45.1 ms"));
  EXPECT_EQ(timeText(-1200), QStringLiteral("-1.20 us"));
  EXPECT_EQ(bothTimeText(5'580'123), QStringLiteral("5.58 ms (5,580,123 ns)"));
}

TEST(Format, WritesPlacesOnTheAxisAsExactlyAsTheyCanBeSeen) {
  EXPECT_EQ(axisTimeText(1'234'567'890, 1'000'000'000), QStringLiteral("1 s"));
  EXPECT_EQ(axisTimeText(1'234'567'890, 10'000'000), QStringLiteral("1.23 s"));
  EXPECT_EQ(axisTimeText(1'234'567'890, 1), QStringLiteral("1.234\u2009567\u2009890 s"));
}

TEST(Format, ReadsTimesAsPeopleTypeThem) {
  EXPECT_EQ(parseTime(QStringLiteral("1.5ms")), 1'500'000);
  EXPECT_EQ(parseTime(QStringLiteral(" 2 s ")), 2'000'000'000);
  EXPECT_EQ(parseTime(QStringLiteral("3")), 3'000'000'000);
  EXPECT_EQ(parseTime(QStringLiteral("250us")), 250'000);
  EXPECT_EQ(parseTime(QStringLiteral("fast")), std::nullopt);
  EXPECT_EQ(parseTime(QStringLiteral("1e400")), std::nullopt);
}

TEST(Format, ReadsBackWhatItWrites) {
  for (const Ns ns : {Ns{0}, Ns{1'234'567'890}, Ns{98'000'000'000}}) EXPECT_EQ(parseTime(axisTimeText(ns, 1)), ns);
}

TEST(Format, FindsStepsOfARuler) {
  EXPECT_EQ(niceStep(0.3), 1);
  EXPECT_EQ(niceStep(1.1), 2);
  EXPECT_EQ(niceStep(3), 5);
  EXPECT_EQ(niceStep(7'000), 10'000);
}

double contrast(const QColor& a, const QColor& b) {
  const auto linear = [](double part) {
    return part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
  };
  const auto luminance = [&](const QColor& c) {
    return 0.2126 * linear(c.redF()) + 0.7152 * linear(c.greenF()) + 0.0722 * linear(c.blueF());
  };
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

TEST(Theme, HasTextThatCanBeReadOnEveryGround) {
  for (const Theme& theme : {Theme::light(), Theme::dark()}) {
    for (const QColor& ground : {theme.window, theme.base, theme.alternate, theme.guest, theme.host}) {
      EXPECT_GE(contrast(theme.text, ground), 7.0) << ground.name().toStdString();
      EXPECT_GE(contrast(theme.faint, ground), 4.5) << ground.name().toStdString();
      EXPECT_GE(contrast(theme.error, ground), 4.5) << ground.name().toStdString();
    }
    EXPECT_GE(contrast(theme.accentText, theme.accent), 4.5);
    for (const QColor& cause : theme.causes)
      EXPECT_GE(contrast(theme.textOn(cause), cause), 4.0) << cause.name().toStdString();
  }
}

/// What a person without one kind of cone sees (Viénot 1999, simplified for linear light).
QColor seenWithout(const QColor& c, bool red) {
  const double r = std::pow(c.redF(), 2.2), g = std::pow(c.greenF(), 2.2), b = std::pow(c.blueF(), 2.2);
  const double rg = red ? 0.11238 * r + 0.88762 * g : 0.29275 * r + 0.70725 * g;
  const double bb = red ? 0.00401 * r - 0.00401 * g + b : -0.02234 * r + 0.02234 * g + b;
  const auto back = [](double v) { return static_cast<float>(std::pow(std::clamp(v, 0.0, 1.0), 1 / 2.2)); };
  return QColor::fromRgbF(back(rg), back(rg), back(bb));
}

TEST(Theme, HasCausesThatColourBlindPeopleTellApart) {
  for (const Theme& theme : {Theme::light(), Theme::dark()})
    for (const bool red : {true, false})
      for (std::size_t a = 0; a < kCauses; ++a)
        for (std::size_t b = a + 1; b < kCauses; ++b) {
          const QColor x = seenWithout(theme.causes[a], red), y = seenWithout(theme.causes[b], red);
          const double distance = std::hypot(x.red() - y.red(), x.green() - y.green(), x.blue() - y.blue());
          EXPECT_GE(distance, 24) << (theme.isDark ? "dark " : "light ") << a << ' ' << b;
        }
}

}  // namespace
}  // namespace descry::gui
