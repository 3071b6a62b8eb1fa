// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/style/format.hpp"

#include <QLocale>
#include <QRegularExpression>
#include <array>
#include <cmath>

namespace descry::gui {

namespace {

struct Unit {
  double ns;
  const char* name;
};
constexpr std::array<Unit, 4> kUnits = {{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}}};

QLocale plain() {
  QLocale locale = QLocale::c();
  locale.setNumberOptions(QLocale::DefaultNumberOptions);
  return locale;
}

QString digits(double value) {
  const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return QString::number(value, 'f', decimals);
}

}  // namespace

QString timeText(Ns ns) {
  if (ns < 0) return QStringLiteral("−") + timeText(-ns);
  const auto value = static_cast<double>(ns);
  for (const Unit& unit : kUnits) {
    // 999.6 us is written as 1.00 ms.
    if (value < unit.ns * (unit.ns > 1 ? 0.9995 : 1)) continue;
    if (unit.ns == 1) break;
    return digits(value / unit.ns) + QStringLiteral(" ") + QString::fromUtf8(unit.name);
  }
  return QString::number(ns) + QStringLiteral(" ns");
}

QString exactTimeText(Ns ns) {
  return countText(ns) + QStringLiteral(" ns");
}

QString bothTimeText(Ns ns) {
  if (ns < 1000 && ns > -1000) return exactTimeText(ns);
  return timeText(ns) + QStringLiteral(" (") + exactTimeText(ns) + QStringLiteral(")");
}

QString axisTimeText(Ns ns, Ns resolution) {
  if (ns < 0) return QStringLiteral("−") + axisTimeText(-ns, resolution);
  int decimals = 0;
  for (Ns step = 1'000'000'000; decimals < 9 && step > std::max<Ns>(resolution, 1); step /= 10) ++decimals;
  QString fraction = QStringLiteral("%1").arg(ns % 1'000'000'000, 9, 10, QLatin1Char('0')).left(decimals);
  // Groups of three, so that thousandths can be found.
  for (qsizetype at = 3; at < fraction.size(); at += 4) fraction.insert(at, QChar(0x2009));
  const QString seconds = countText(ns / 1'000'000'000);
  return (decimals > 0 ? seconds + QStringLiteral(".") + fraction : seconds) + QStringLiteral(" s");
}

QString countText(std::int64_t count) {
  return plain().toString(static_cast<qlonglong>(count));
}

QString rateText(double perSecond) {
  if (perSecond <= 0) return {};
  if (perSecond >= 999.5e3) return digits(perSecond / 1e6) + QStringLiteral(" M/s");
  if (perSecond >= 999.5) return digits(perSecond / 1e3) + QStringLiteral(" k/s");
  return digits(perSecond) + QStringLiteral(" /s");
}

QString percentText(double share) {
  if (share <= 0) return QStringLiteral("-");
  const double percent = share * 100;
  if (percent < 0.05) return QStringLiteral("< 0.1 %");
  return QString::number(percent, 'f', percent < 9.95 || (percent > 99.0 && percent < 99.95) ? 1 : 0) +
         QStringLiteral(" %");
}

QString bytesText(std::int64_t bytes) {
  if (bytes < 0) return countText(bytes);
  return plain().formattedDataSize(bytes, 1, QLocale::DataSizeIecFormat);
}

std::optional<Ns> parseTime(const QString& text) {
  static const QRegularExpression pattern(QStringLiteral(R"(^\s*(-?[0-9]*\.?[0-9]+)\s*(ns|us|µs|ms|s|min)?\s*$)"));
  QString cleaned = text;
  cleaned.remove(QLatin1Char(',')).remove(QChar(0x2009));
  const auto match = pattern.match(cleaned);
  if (!match.hasMatch()) return std::nullopt;
  const QString unit = match.captured(2);
  const double factor = unit.isEmpty() || unit == QStringLiteral("s") ? 1e9
                        : unit == QStringLiteral("min")               ? 60e9
                        : unit == QStringLiteral("ms")                ? 1e6
                        : unit == QStringLiteral("ns")                ? 1
                                                                      : 1e3;
  const double ns = match.captured(1).toDouble() * factor;
  if (std::abs(ns) > 9e18) return std::nullopt;
  return static_cast<Ns>(std::llround(ns));
}

Ns niceStep(double least) {
  if (least <= 1) return 1;
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0, 10.0})
    if (factor * power >= least) return static_cast<Ns>(factor * power);
  return static_cast<Ns>(10 * power);
}

}  // namespace descry::gui
