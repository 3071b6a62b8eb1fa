// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace descry {

/// True when an LTTng session daemon that this process may use is running.
bool sessionDaemonRuns();

}  // namespace descry
