// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/fold/guest_fold.hpp"

#include <fmt/format.h>

#include <utility>

namespace descry {

namespace {

// Slots of Frame::values in a get frame.
constexpr std::size_t kGetUsed = 0, kGetToken = 1, kGetLength = 2;

}  // namespace

DeviceId GuestFold::deviceOf(std::uint64_t number, std::uint8_t variant) {
  auto [found, isNew] = m_devices.try_emplace(number, kNoDevice);
  if (isNew) {
    DeviceRow device;
    device.captureId = m_captureId;
    device.vm = m_vm;
    device.name = fmt::format("virtio{}", static_cast<std::int32_t>(number));
    device.active = 1;
    found->second = m_store.addDevice(std::move(device));
  }
  // Mostly network drivers use the add functions that name a direction; facts may know better.
  DeviceRow& row = m_store.devices[placeOf(found->second)];
  if ((variant & (kReceive | kTransmit)) != 0 && row.kind == "unknown") {
    row.kind = "net";
    row.kindSource = "inferred";
  }
  return found->second;
}

std::int32_t GuestFold::queueOf(const Event& event) {
  if (!event.has(Field::Device) || !event.has(Field::Queue)) {
    // Some namings tell the queue by its address alone; an add has told whose that is.
    const auto known = m_queueByAddress.find(event.get(Field::Vq, 0));
    return known == m_queueByAddress.end() ? -1 : known->second;
  }
  const std::pair key{event[Field::Device], event[Field::Queue]};
  const DeviceId deviceId = deviceOf(key.first, event.variant);
  auto [found, isNew] = m_queueByKey.try_emplace(key, static_cast<std::int32_t>(m_queues.size()));
  if (isNew) {
    QueueRow row;
    row.deviceId = deviceId;
    row.queueIndex = static_cast<std::int64_t>(key.second);
    row.name = fmt::format("q{}", key.second);
    if (event.has(Field::Vq)) row.address = fmt::format("0x{:x}", event[Field::Vq]);
    m_queues.emplace_back(m_store, m_captureId, m_store.addQueue(std::move(row)));
  }
  if (event.has(Field::Vq)) m_queueByAddress[event[Field::Vq]] = found->second;
  return found->second;
}

void GuestFold::handle(const Event& event) {
  switch (event.kind) {
    case EventKind::GuestAdd:
      return enterAdd(event);
    case EventKind::GuestAddReturn:
      return leaveAdd(event);
    case EventKind::GuestGet:
      return enterGet(event);
    case EventKind::GuestGetReturn:
      return leaveGet(event);
    case EventKind::GuestKickPrepare:
      return enterDoorbellDecision(event);
    case EventKind::GuestKickPrepareReturn:
      return leaveDoorbellDecision(event);
    case EventKind::GuestNotify:
      return enterDoorbell(event);
    case EventKind::GuestNotifyReturn:
      return leaveDoorbell(event);
    case EventKind::GuestInterrupt:
      return enterInterrupt(event);
    case EventKind::GuestInterruptReturn: {
      Frame frame;
      m_stacks.of(event).popTo(FrameKind::Interrupt, frame);
      return;
    }
    case EventKind::GuestQueueDelete:
      if (const std::int32_t index = queueOf(event); index >= 0) queue(index).deleted(m_now);
      return;
    default:
      return handleDma(event);
  }
}

void GuestFold::completeAdd(const Frame& frame, Ns returned, bool returnSeen) {
  queue(frame.queue).added(frame, returned, returnSeen);
}

void GuestFold::settle(TaskStack& stack, FrameKind kind) {
  if (!stack.empty() && stack.top().noReturn) {
    Frame frame;
    stack.popTo(FrameKind::Add, frame);
    m_openAdds.erase(frame.queue);
    completeAdd(frame, kUnseen, false);
  }
  Frame* open = stack.findInContext(kind);
  if (open == nullptr || kind == FrameKind::Get) return;  // get_buf may call get_buf_ctx
  stack.dropFrom(open);
}

void GuestFold::closeOpenAdd(std::int32_t index) {
  const auto open = m_openAdds.find(index);
  if (open == m_openAdds.end()) return;
  Frame lost;
  const bool found = m_stacks.ofTask(open->second).takeAdd(index, lost);
  m_openAdds.erase(open);
  if (!found) return;
  // Adds and gets of a queue are serialised by its lock: the next entry proves that this add came back.
  if (!lost.noReturn)
    m_store.anomaly("return-unseen", Doubt::Warning, m_captureId, queue(index).queueId(), m_now,
                    "a queue was entered again before the last virtqueue_add on it was seen to return");
  completeAdd(lost, kUnseen, false);
}

void GuestFold::enterAdd(const Event& event) {
  const std::int32_t index = queueOf(event);
  if (index < 0) return;
  closeOpenAdd(index);
  TaskStack& stack = m_stacks.of(event);
  settle(stack, FrameKind::Add);
  m_openAdds[index] = taskOf(event);
  Frame frame;
  frame.kind = FrameKind::Add;
  frame.noReturn = (event.variant & kNoReturnProbe) != 0;
  frame.queue = index;
  frame.entered = m_now;
  frame.values = {
      event.get(Field::Token, 0), event.get(Field::Avail, kNoValue), event.get(Field::Head, kNoValue),
      event.has(Field::Out) && event.has(Field::In) ? (event[Field::Out] << 32U) | event[Field::In] : kNoValue,
      event.get(Field::PackedAvail, kNoValue)};
  stack.push(frame);
}

void GuestFold::leaveAdd(const Event& event) {
  Frame frame;
  if (!m_stacks.of(event).popTo(FrameKind::Add, frame)) {
    m_store.anomaly("entry-unseen", Doubt::Warning, m_captureId, kUnseenQueue, m_now,
                    "a virtqueue_add returned whose entry was not seen");
    return;
  }
  m_openAdds.erase(frame.queue);
  if (const auto result = static_cast<std::int32_t>(event.get(Field::Result, 0)); result == 0)
    completeAdd(frame, m_now, true);
  else
    queue(frame.queue).addFailed(frame, result);
}

void GuestFold::enterGet(const Event& event) {
  const std::int32_t index = queueOf(event);
  if (index < 0) return;
  closeOpenAdd(index);
  TaskStack& stack = m_stacks.of(event);
  settle(stack, FrameKind::Get);
  closeLostGet(stack, index, event.get(Field::Used, kNoValue));
  Frame frame;
  frame.kind = FrameKind::Get;
  frame.queue = index;
  frame.entered = m_now;
  frame.interrupt = queue(index).pendingInterrupt();
  frame.values[kGetUsed] = event.get(Field::Used, kNoValue);
  stack.push(frame);
}

void GuestFold::leaveGet(const Event& event) {
  TaskStack& stack = m_stacks.of(event);
  Frame frame;
  if (!stack.popTo(FrameKind::Get, frame)) {
    m_store.anomaly("entry-unseen", Doubt::Warning, m_captureId, kUnseenQueue, m_now,
                    "a virtqueue_get_buf returned whose entry was not seen");
    return;
  }
  const std::uint64_t token = event.get(Field::Token, 0);
  if (token == 0) return queue(frame.queue).gotNothing(frame.entered);
  if (Frame* outer = stack.findInContext(FrameKind::Get); outer != nullptr) {
    // One of the two functions called the other (s390x): the outer one counts, with what happened inside the inner.
    outer->firstUnmap = frame.firstUnmap;
    outer->swiotlb = frame.swiotlb;
    outer->swiotlbSeen = frame.swiotlbSeen;
    outer->iommu = frame.iommu;
    outer->iommuSeen = frame.iommuSeen;
    outer->copies = frame.copies;
    outer->copyBytes = frame.copyBytes;
    outer->hits += frame.hits + 1;
    outer->innerReturned = m_now;
    outer->values[kGetToken] = token;
    outer->values[kGetLength] = event.get(Field::Length, kNoValue);
    return;
  }
  frame.values[kGetToken] = token;
  frame.values[kGetLength] = event.get(Field::Length, kNoValue);
  completeGet(frame, m_now);
}

void GuestFold::completeGet(const Frame& frame, Ns returned) {
  const auto orUnseen = [](std::uint64_t value) {
    return value == kNoValue ? kUnseen : static_cast<std::int64_t>(value);
  };
  queue(frame.queue)
      .got(frame, returned, frame.values[kGetToken], orUnseen(frame.values[kGetUsed]),
           orUnseen(frame.values[kGetLength]));
}

void GuestFold::closeLostGet(TaskStack& stack, std::int32_t index, std::uint64_t used) {
  // get_buf may call get_buf_ctx, once and at the same used entry. Any other open get has come back unseen.
  for (Frame* open = nullptr; (open = stack.findInContext(FrameKind::Get)) != nullptr;) {
    if (open->queue == index && open->values[kGetUsed] == used && !seen(open->innerReturned)) return;
    Frame lost = *open;
    stack.dropFrom(open);
    if (seen(lost.firstUnmap) && lost.firstUnmap > lost.innerReturned) lost.firstUnmap = kUnseen;
    if (seen(lost.innerReturned)) completeGet(lost, lost.innerReturned);
  }
}

void GuestFold::enterDoorbellDecision(const Event& event) {
  const std::int32_t index = queueOf(event);
  if (index < 0) return;
  closeOpenAdd(index);
  TaskStack& stack = m_stacks.of(event);
  settle(stack, FrameKind::DoorbellDecision);
  queue(index).doorbellConsidered(event.get(Field::Packed, 0) != 0, event.get(Field::Size, 0), m_now);
  QueueRow& row = m_store.queues[placeOf(queue(index).queueId())];
  if (event.has(Field::Packed)) row.layout = event[Field::Packed] != 0 ? "packed" : "split";
  if (event.has(Field::Size)) row.size = static_cast<std::int64_t>(event[Field::Size]);
  if (event.has(Field::Ring)) row.ringAddress = fmt::format("0x{:x}", event[Field::Ring]);
  if (event.has(Field::UsesDma)) {
    DeviceRow& device = m_store.devices[placeOf(row.deviceId)];
    device.dmaApi = event[Field::UsesDma] != 0 ? 1 : 0;
    if (!device.dmaApiReason) device.dmaApiReason = "the driver's ring says so at every doorbell decision";
  }
  Frame frame;
  frame.kind = FrameKind::DoorbellDecision;
  frame.queue = index;
  frame.entered = m_now;
  stack.push(frame);
}

void GuestFold::leaveDoorbellDecision(const Event& event) {
  Frame frame;
  if (m_stacks.of(event).popTo(FrameKind::DoorbellDecision, frame))
    queue(frame.queue).doorbellDecided((event.get(Field::Result, 0) & 1U) != 0, taskOf(event));
}

void GuestFold::enterDoorbell(const Event& event) {
  const std::int32_t index = queueOf(event);
  if (index < 0) return;
  TaskStack& stack = m_stacks.of(event);
  settle(stack, FrameKind::Doorbell);
  queue(index).notified(m_now, taskOf(event));
  Frame frame;
  frame.kind = FrameKind::Doorbell;
  frame.queue = index;
  frame.entered = m_now;
  stack.push(frame);
}

void GuestFold::leaveDoorbell(const Event& event) {
  Frame frame;
  if (m_stacks.of(event).popTo(FrameKind::Doorbell, frame)) queue(frame.queue).doorbellReturned(m_now, taskOf(event));
}

void GuestFold::enterInterrupt(const Event& event) {
  const std::int32_t index = queueOf(event);
  TaskStack& stack = m_stacks.of(event);
  settle(stack, FrameKind::Interrupt);
  if (index >= 0) queue(index).interrupted(m_now);
  Frame frame;
  frame.kind = FrameKind::Interrupt;
  frame.queue = index;
  frame.entered = m_now;
  stack.push(frame);
}

std::unique_ptr<Fold> makeGuestFold(FactStore& store, std::int64_t captureId, std::string vm) {
  return std::make_unique<GuestFold>(store, captureId, std::move(vm));
}

}  // namespace descry
