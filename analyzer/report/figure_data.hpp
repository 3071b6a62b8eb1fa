// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "analyzer/page/page.hpp"

namespace descry {

// What web/report.js draws a figure from, as JSON.

std::string figureData(const BarFigure& figure);
std::string figureData(const DistributionFigure& figure);

}  // namespace descry
