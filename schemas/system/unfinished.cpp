// SPDX-License-Identifier: GPL-2.0-or-later
#include "schemas/system/unfinished.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <cstring>

#include "schemas/system/ending_signals.hpp"
#include "schemas/system/output_file.hpp"

namespace descry {

namespace {

/// A signal handler may neither allocate nor lock: places are fixed, and their state says whether the path is whole.
struct Slot {
  enum State : int { Free, Busy, Set };
  std::atomic<int> state{Free};
  char path[PATH_MAX] = {};
};
static_assert(std::atomic<int>::is_always_lock_free);
std::array<Slot, 32> slots;

void removeAndEnd(int number) {
  for (Slot& slot : slots)
    if (slot.state == Slot::Set) unlink(slot.path);
  // SA_RESETHAND has put the default back: it ends the process as the signal's sender expects.
  raise(number);
}

}  // namespace

int rememberUnfinished(const std::filesystem::path& path) {
  if (path.native().size() >= PATH_MAX) return -1;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    int expected = Slot::Free;
    if (!slots[i].state.compare_exchange_strong(expected, Slot::Busy)) continue;
    std::memcpy(slots[i].path, path.c_str(), path.native().size() + 1);
    slots[i].state = Slot::Set;
    return static_cast<int>(i);
  }
  return -1;
}

void forgetUnfinished(int slot) {
  if (slot >= 0) slots[static_cast<std::size_t>(slot)].state = Slot::Free;
}

void removeOutputsOnSignal() {
  handleEndingSignals(removeAndEnd, static_cast<int>(SA_RESETHAND));
}

}  // namespace descry
