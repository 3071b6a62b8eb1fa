// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/export/exports.hpp"

#include <array>

namespace descry {

std::span<const ExportFormat> exportFormats() {
  static const std::array formats = {
      ExportFormat{"perfetto", ".pftrace", "a trace for ui.perfetto.dev", exportPerfetto},
  };
  return formats;
}

}  // namespace descry
