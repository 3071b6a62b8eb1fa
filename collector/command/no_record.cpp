// SPDX-License-Identifier: GPL-2.0-or-later
// In place of record.cpp and doctor.cpp where the collector was built without its probes.
#include "collector/command/command.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

std::function<int()> define(cli::Options& options) {
  options.takeAnything();
  return []() -> int { throw Error("this descry was built without record (-DDESCRY_RECORD=OFF)"); };
}

}  // namespace

const cli::Command kRecordCommand{"record", "Record what the rings of this machine do (not built in)", define};
const cli::Command kDoctorCommand{"doctor", "Check what this machine can record (not built in)", define};

}  // namespace descry
