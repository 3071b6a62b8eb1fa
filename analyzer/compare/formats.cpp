// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/compare/formats.hpp"

#include <array>

namespace descry {

namespace {

// clang-format off
constexpr std::array kFormats = {
    ComparisonFormat{"text", writeComparisonText},
    ComparisonFormat{"markdown", writeComparisonMarkdown},
    ComparisonFormat{"html", writeComparisonHtml},
    ComparisonFormat{"json", writeComparisonJson},
};
// clang-format on

}  // namespace

std::span<const ComparisonFormat> comparisonFormats() {
  return kFormats;
}

}  // namespace descry
