// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/session/daemon_state.hpp"

#include <lttng/lttng.h>

namespace descry {

bool sessionDaemonRuns() {
  return lttng_session_daemon_alive() == 1;
}

}  // namespace descry
