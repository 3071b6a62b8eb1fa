// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <span>
#include <string_view>

#include "schemas/condition/condition.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// A format of another program: one entry in the list of exports.cpp.
struct ExportFormat {
  std::string_view name, extension, description;
  /// Of the chains, only those that meet the condition.
  void (*write)(const Database& database, const Condition& condition, std::ostream& out);
};

std::span<const ExportFormat> exportFormats();

/// A protobuf trace for ui.perfetto.dev and trace_processor. Throws Error where the case has no chain to show.
void exportPerfetto(const Database& database, const Condition& condition, std::ostream& out);

}  // namespace descry
