// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "analyzer/page/page.hpp"

namespace descry {

/// A picture per queue, as many as there is room for, as elements of HTML. All have the same axis.
std::string distributionPictures(const DistributionFigure& figure);

}  // namespace descry
