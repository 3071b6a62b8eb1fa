// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/system/ending_signals.hpp"

#include <signal.h>

namespace descry {

void handleEndingSignals(void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
}

}  // namespace descry
