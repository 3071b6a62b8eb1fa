// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "analyzer/cli/options.hpp"

namespace descry {

extern const cli::Command kImportCommand, kRecordCommand, kDoctorCommand;

}  // namespace descry
