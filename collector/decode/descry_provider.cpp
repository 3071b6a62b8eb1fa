// SPDX-License-Identifier: GPL-2.0-or-later
// What the collector's own probes finished in the kernel: the values are in Batch::records, see decode/descry_records.
#include "collector/decode/decoders.hpp"

namespace descry {

EventFamily descryEvents() {
  return {{{EventKind::HostRecord, "HostRecord", 0, 0},
           {EventKind::GuestRecord, "GuestRecord", 0, 0},
           {EventKind::CaptureRecord, "CaptureRecord", 0, 0}},
          nullptr};
}

}  // namespace descry
