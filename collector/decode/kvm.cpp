// SPDX-License-Identifier: GPL-2.0-or-later
// A host's KVM: the kernel's own tracepoints, on x86.
#include "collector/decode/decoders.hpp"

namespace descry {

namespace {

std::optional<Implausible> check(Event& event) {
  constexpr std::uint64_t kMostVcpus = 4096, kMostVectors = 255;
  switch (event.kind) {
    case EventKind::KvmEntry:
      return above(event, Field::Value, kMostVcpus);
    case EventKind::KvmInject:
      // Once more, because its delivery ended in another exit.
      if (event.get(Field::Count, 0) != 0) event.kind = EventKind::Context;
      return above(event, Field::Value, kMostVectors);
    case EventKind::KvmAccept:
      return above(event, Field::Value, kMostVectors);
    default:
      return {};
  }
}

}  // namespace

EventFamily kvmEvents() {
  using enum Field;
  return {{{EventKind::KvmEntry, "KvmEntry", fieldBits(Value), 0},
           {EventKind::KvmExit, "KvmExit", 0, 0},
           {EventKind::KvmVmmExit, "KvmVmmExit", 0, 0},
           {EventKind::KvmWakeup, "KvmWakeup", fieldBits(Length, Result), 0},
           {EventKind::KvmAccept, "KvmAccept", fieldBits(Count, Value), 0},
           {EventKind::KvmInject, "KvmInject", fieldBits(Value), fieldBits(Count)}},
          check};
}

}  // namespace descry
