// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "analyzer/case/summary.hpp"

namespace descry {

/// A question about how far a case can be trusted, and its answer in one sentence.
struct HealthVerdict {
  enum class Light : std::uint8_t { Good, Doubtful, Bad, Unknown };

  std::string question, answer;
  Light light = Light::Unknown;
};

/// Complete? Consistent? Paired? Clocks? Cost of the probes? In this order. `summary`: of readSummary().
std::vector<HealthVerdict> healthVerdicts(const Summary& summary);

}  // namespace descry
