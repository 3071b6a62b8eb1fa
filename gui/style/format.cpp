// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/style/format.hpp"

#include <cmath>

#include "schemas/text/quantity.hpp"

namespace descry::gui {

QString timeText(Ns ns) {
  return QString::fromStdString(descry::timeText(ns));
}

QString exactTimeText(Ns ns) {
  return countText(ns) + QStringLiteral(" ns");
}

QString bothTimeText(Ns ns) {
  if (ns < 1000 && ns > -1000) return exactTimeText(ns);
  return timeText(ns) + QStringLiteral(" (") + exactTimeText(ns) + QStringLiteral(")");
}

QString axisTimeText(Ns ns, Ns resolution) {
  if (ns < 0) return QStringLiteral("-") + axisTimeText(-ns, resolution);
  int decimals = 0;
  for (Ns step = 1'000'000'000; decimals < 9 && step > std::max<Ns>(resolution, 1); step /= 10) ++decimals;
  QString fraction = QStringLiteral("%1").arg(ns % 1'000'000'000, 9, 10, QLatin1Char('0')).left(decimals);
  // Groups of three, so that thousandths can be found.
  for (qsizetype at = 3; at < fraction.size(); at += 4) fraction.insert(at, QChar(0x2009));
  const QString seconds = countText(ns / 1'000'000'000);
  return (decimals > 0 ? seconds + QStringLiteral(".") + fraction : seconds) + QStringLiteral(" s");
}

QString countText(std::int64_t count) {
  return QString::fromStdString(descry::countText(count));
}

QString countText(std::int64_t count, const char* singular, const char* plural) {
  return QString::fromStdString(descry::countText(count, singular, plural));
}

QString rateText(double perSecond) {
  return perSecond > 0 ? QString::fromStdString(descry::rateText(perSecond)) : QString();
}

QString percentText(double share) {
  return QString::fromStdString(descry::percentText(share));
}

QString bytesText(std::int64_t bytes) {
  return QString::fromStdString(descry::bytesText(bytes));
}

std::optional<Ns> parseTime(const QString& text) {
  QString cleaned = text;
  cleaned.remove(QLatin1Char(',')).remove(QChar(0x2009));
  const std::string plain = cleaned.toStdString();
  const auto quantity = parseQuantity(plain);
  if (!quantity) return std::nullopt;
  const auto unit = nsPerUnit(quantity->unit.empty() ? "s" : quantity->unit);
  constexpr double kMost = 9e18;
  if (!unit || std::abs(quantity->value * *unit) > kMost) return std::nullopt;
  return static_cast<Ns>(std::llround(quantity->value * *unit));
}

Ns niceStep(double least) {
  if (least <= 1) return 1;
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0, 10.0})
    if (factor * power >= least) return static_cast<Ns>(factor * power);
  return static_cast<Ns>(10 * power);
}

}  // namespace descry::gui
