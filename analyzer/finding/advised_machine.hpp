// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "analyzer/finding/finding.hpp"

namespace descry {

/// What facts say of the VMM and the guest of a machine.
AdvisedMachine advisedMachine(const Database& database, std::string_view vm);

/// The backend of this device is a program behind vhost-user.
bool isVhostUser(const Database& database, std::string_view vm, std::string_view device);

}  // namespace descry
