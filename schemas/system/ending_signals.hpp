// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace descry {

/// Lets `handler` handle SIGINT, SIGTERM and SIGHUP, with these flags of sigaction. One that is ignored stays ignored:
/// nohup and background jobs of a shell do that on purpose.
void handleEndingSignals(void (*handler)(int), int flags);

}  // namespace descry
