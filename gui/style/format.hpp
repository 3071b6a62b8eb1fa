// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QString>
#include <optional>

#include "schemas/model/points.hpp"

namespace descry::gui {

// How numbers are written on screen: as in the reports, by the functions of schemas/text/quantity.hpp.

/// Three significant digits and a unit: 0 ns, 381 ns, 1.20 us, 45.1 ms, 3.20 s.
QString timeText(Ns ns);
/// The same with every digit: 45,123,456 ns.
QString exactTimeText(Ns ns);
/// "5.58 ms (5,580,123 ns)".
QString bothTimeText(Ns ns);
/// A time on the axis so exact that `resolution` can be told apart: 1.234 567 s.
QString axisTimeText(Ns ns, Ns resolution);
QString countText(std::int64_t count);
/// "1 anomaly", "1,234 anomalies".
QString countText(std::int64_t count, const char* singular, const char* plural);
/// 12.3 /s, 123,456 /s; empty for 0.
QString rateText(double perSecond);
/// 72.5 %, 0.4 %, <0.1 %; nothing at all is "-".
QString percentText(double share);
QString bytesText(std::int64_t bytes);
/// A duration with unit as people type it: 1.5ms, 2 s, 300; nothing when it is none.
std::optional<Ns> parseTime(const QString& text);
/// Steps of a ruler: 1, 2 or 5 times a power of ten, at least `least`.
Ns niceStep(double least);

}  // namespace descry::gui
