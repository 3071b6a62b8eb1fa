// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyzer/page/page.hpp"

namespace descry {

/// The id of the patterns that the bars in cells share.
inline constexpr std::string_view kCellPatterns = "cell";

/// Bars of causes as an SVG element that stands alone: it is what is seen without scripts, in print and in the PDF.
/// `relative`: every bar is as long as the others, else they are as long as they took.
/// `id` makes the names of its patterns unique on the page.
std::string causeBars(const std::vector<CauseBar>& bars, bool relative, std::string_view id);

/// An invisible element with the patterns that the small bars of a page share.
std::string sharedPatterns(std::string_view id);

/// A small bar for a cell of a table, with the shared patterns of this id.
std::string smallBar(const CauseBar& bar, std::string_view id);

/// Colour and pattern of every cause, with its name.
std::string causeLegend(std::string_view id);

/// A text element of an SVG picture, in the usual style unless `attributes` has one.
std::string svgText(double x, double y, std::string_view text, std::string_view attributes = {});

}  // namespace descry
