// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <span>
#include <string_view>

#include "analyzer/compare/comparison.hpp"
#include "analyzer/report/report.hpp"

namespace descry {

/// A way to write a comparison: one entry in the list of formats.cpp.
struct ComparisonFormat {
  std::string_view name;
  void (*write)(const Comparison& comparison, const ReportOptions& options, std::ostream& out);
};

std::span<const ComparisonFormat> comparisonFormats();

void writeComparisonText(const Comparison& comparison, const ReportOptions& options, std::ostream& out);
void writeComparisonMarkdown(const Comparison& comparison, const ReportOptions& options, std::ostream& out);
void writeComparisonHtml(const Comparison& comparison, const ReportOptions& options, std::ostream& out);
void writeComparisonJson(const Comparison& comparison, const ReportOptions& options, std::ostream& out);

}  // namespace descry
