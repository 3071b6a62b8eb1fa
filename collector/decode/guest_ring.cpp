// SPDX-License-Identifier: GPL-2.0-or-later
// The guest driver's side of the ring: add, get, doorbell, interrupt.
#include "collector/decode/decoders.hpp"

namespace descry {

namespace {

constexpr std::uint64_t kMaxDevices = 1U << 20U;
constexpr std::uint64_t kMaxIndex = 0xffff;
constexpr std::uint64_t kMaxRing = 32768;

bool isErrno(std::uint64_t result) {
  const auto value = static_cast<std::int64_t>(result);
  return value <= 0 && value >= -4095;
}

std::optional<Implausible> check(Event& event) {
  // A device number is read as a signed 32-bit value: a negative one is above the limit here.
  if (auto found = above(event, Field::Device, kMaxDevices)) return found;
  if (auto found = above(event, kMaxIndex, Field::Queue, Field::Avail, Field::PackedAvail, Field::Head, Field::Out,
                         Field::In, Field::Used))
    return found;
  if (auto found = above(event, 1, Field::Packed, Field::UsesDma)) return found;
  switch (event.kind) {
    case EventKind::GuestAddReturn:
      if (!isErrno(event[Field::Result])) return Implausible{"Result", event[Field::Result]};
      break;
    case EventKind::GuestKickPrepare:
      if (auto found = above(event, Field::Count, kMaxIndex)) return found;
      if (event.has(Field::Size) && (event[Field::Size] == 0 || event[Field::Size] > kMaxRing))
        return Implausible{"Size", event[Field::Size]};
      break;
    case EventKind::GuestInterruptReturn:
      return above(event, Field::Result, 3);
    default:
      break;
  }
  return {};
}

}  // namespace

EventFamily guestRingEvents() {
  using enum Field;
  constexpr FieldSet queue = fieldBits(Device, Queue, Vq);
  return {{{EventKind::GuestAdd, "GuestAdd", queue | fieldBits(Token), fieldBits(Avail, PackedAvail, Head, Out, In)},
           {EventKind::GuestAddReturn, "GuestAddReturn", fieldBits(Result), queue},
           {EventKind::GuestGet, "GuestGet", fieldBits(Vq), queue | fieldBits(Used)},
           {EventKind::GuestGetReturn, "GuestGetReturn", fieldBits(Token), queue | fieldBits(Used, Length)},
           {EventKind::GuestKickPrepare, "GuestKickPrepare", fieldBits(Vq),
            queue | fieldBits(Count, Packed, UsesDma, Size, Ring)},
           {EventKind::GuestKickPrepareReturn, "GuestKickPrepareReturn", fieldBits(Result), queue},
           {EventKind::GuestNotify, "GuestNotify", fieldBits(Vq), queue},
           {EventKind::GuestNotifyReturn, "GuestNotifyReturn", 0, queue | fieldBits(Result)},
           {EventKind::GuestInterrupt, "GuestInterrupt", fieldBits(Vq), queue | fieldBits(Value)},
           {EventKind::GuestInterruptReturn, "GuestInterruptReturn", 0, queue | fieldBits(Result)},
           {EventKind::GuestQueueDelete, "GuestQueueDelete", queue, 0}},
          check};
}

}  // namespace descry
