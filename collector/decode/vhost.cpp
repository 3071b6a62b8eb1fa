// SPDX-License-Identifier: GPL-2.0-or-later
// The host kernel's vhost: doorbells, worker, fetch, used, device IOTLB.
#include "collector/decode/decoders.hpp"

namespace descry {

namespace {

constexpr std::uint64_t kMaxIndex = 0xffff;

std::optional<Implausible> checkFetchReturn(Event& event) {
  // The counts are read through pointers whose targets a failed fetch leaves as they were on the stack.
  for (const Field field : {Field::Out, Field::In})
    if (event.get(field, 0) > kMaxIndex) takeOut(event, field);
  const auto result = static_cast<std::int64_t>(event[Field::Result]);
  if (result < -4095 || result > static_cast<std::int64_t>(kMaxIndex))
    return Implausible{"Result", event[Field::Result]};
  return {};
}

std::optional<Implausible> check(Event& event) {
  if (auto found = above(event, kMaxIndex, Field::Queue, Field::Avail, Field::Used)) return found;
  switch (event.kind) {
    case EventKind::VhostFetchReturn:
      return checkFetchReturn(event);
    case EventKind::VhostFetch:
      return above(event, Field::Size, kMaxIndex);
    case EventKind::VhostUsed:
      return above(event, kMaxIndex, Field::Count, Field::Head);
    case EventKind::VhostDiscard:
      return above(event, Field::Count, kMaxIndex);
    case EventKind::VhostIotlbAdd:
    case EventKind::VhostIotlbDelete:
      if (event[Field::Last] < event[Field::Iova]) return Implausible{"Last before Iova", event[Field::Last]};
      return {};
    default:
      return {};
  }
}

}  // namespace

EventFamily vhostEvents() {
  using enum Field;
  constexpr FieldSet call = fieldBits(HostDevice, Vq);
  return {
      {{EventKind::VhostOwner, "VhostOwner", fieldBits(HostDevice), 0},
       {EventKind::VhostRingIoctl, "VhostRingIoctl", fieldBits(HostDevice, Value, Queue), fieldBits(Count, Vq0, Vq1)},
       {EventKind::VhostKick, "VhostKick", fieldBits(Pointer), fieldBits(HostDevice, Value)},
       {EventKind::VhostHandle, "VhostHandle", fieldBits(Pointer), fieldBits(HostDevice)},
       {EventKind::VhostHandleReturn, "VhostHandleReturn", 0, fieldBits(Pointer)},
       {EventKind::VhostPrefetch, "VhostPrefetch", fieldBits(Vq), fieldBits(Avail)},
       {EventKind::VhostPrefetchReturn, "VhostPrefetchReturn", fieldBits(Result), fieldBits(Vq)},
       {EventKind::VhostFetch, "VhostFetch", fieldBits(Vq, Avail),
        fieldBits(Used, HostDevice, Vq0, Vq1, Size, Ring, Features)},
       {EventKind::VhostFetchReturn, "VhostFetchReturn", fieldBits(Result), fieldBits(Vq, Avail, Out, In)},
       {EventKind::VhostDiscard, "VhostDiscard", fieldBits(Vq, Count), fieldBits(Avail)},
       {EventKind::VhostUsed, "VhostUsed", fieldBits(Vq, Used, Count), fieldBits(Head, Length, Call)},
       {EventKind::VhostUsedReturn, "VhostUsedReturn", fieldBits(Result), fieldBits(Vq)},
       {EventKind::VhostSignal, "VhostSignal", fieldBits(Vq), call},
       {EventKind::VhostEventfd, "VhostEventfd", fieldBits(Pointer), 0},
       {EventKind::VhostDisableNotify, "VhostDisableNotify", fieldBits(Vq), call},
       {EventKind::VhostEnableNotifyReturn, "VhostEnableNotifyReturn", fieldBits(Result), call},
       {EventKind::VhostMiss, "VhostMiss", fieldBits(Vq, Iova), fieldBits(Value)},
       {EventKind::VhostEnqueueMessage, "VhostEnqueueMessage", fieldBits(HostDevice, Pointer),
        fieldBits(Element, Vq, Iova, Value)},
       {EventKind::VhostReadReturn, "VhostReadReturn", fieldBits(Result), fieldBits(HostDevice)},
       {EventKind::VhostWrite, "VhostWrite", 0, fieldBits(HostDevice)},
       {EventKind::VhostWriteReturn, "VhostWriteReturn", fieldBits(Result), fieldBits(HostDevice)},
       {EventKind::VhostIotlbAdd, "VhostIotlbAdd", fieldBits(Iova, Last, Address), fieldBits(Pointer, Value)},
       {EventKind::VhostIotlbDelete, "VhostIotlbDelete", fieldBits(Iova, Last), fieldBits(Pointer)}},
      check};
}

}  // namespace descry
