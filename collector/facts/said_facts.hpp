// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/facts/apply_facts.hpp"

namespace descry {

/// Puts together what several sources say of one machine: what comes first prevails. Stores every statement with its
/// source, counts where two sources contradict each other, and adds to `notes` which devices could not be told apart.
MachineFacts joinFacts(FactStore& store, std::string_view vm, const std::vector<MachineFacts>& said,
                       const std::vector<SurveyedCapture>& captures, std::vector<std::string>& notes);

}  // namespace descry
