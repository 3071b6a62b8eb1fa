// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <span>
#include <string_view>

#include "analyzer/predict/prediction.hpp"
#include "analyzer/report/report.hpp"

namespace descry {

struct PredictionFormat {
  std::string_view name;
  void (*write)(const Prediction& prediction, const ReportOptions& options, std::ostream& out);
};
std::span<const PredictionFormat> predictionFormats();

}  // namespace descry
