// SPDX-License-Identifier: GPL-2.0-or-later
// Events that are understood and deliberately not used.
#include "collector/decode/decoders.hpp"

namespace descry {

EventFamily contextEvents() {
  return {{{EventKind::Context, "Context", 0, 0}}, nullptr};
}

}  // namespace descry
