// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "samples/simulate/scenario.hpp"
#include "samples/simulate/truth.hpp"

namespace descry::simulate {

/// The memory that driver and device share, and the addresses by which each side knows it. Counters run from 0 without
/// wrap; what a tracer prints is (start position + counter) modulo 65536.
struct Ring {
  const DeviceSpec* spec = nullptr;
  std::int32_t id = 0, device = 0, queue = 0;  ///< id: index into Truth::rings
  bool receive = false, transmit = false;
  std::uint64_t guestVq = 0, ringAddress = 0, hostDevice = 0, hostVq = 0, hostVq0 = 0, hostVq1 = 0, callContext = 0;

  std::vector<std::size_t> available;  ///< chains (index into Truth::chains) in the order of publication
  std::vector<std::size_t> used;       ///< chains in the order in which the device gave them back
  std::uint64_t fetched = 0, reaped = 0;
  std::uint64_t availEvent = 0, usedEvent = 0, signalled = 0;
  bool notifyOff = false, interruptOff = false;
  std::int64_t rung = 0, interrupts = 0;  ///< so far

  /// To be asked once per doorbell and interrupt: whether this one gets lost on its way.
  bool losesDoorbell() { return ++rung == spec->loseDoorbell; }
  bool losesInterrupt() { return ++interrupts == spec->loseInterrupt; }

  std::uint64_t published() const { return available.size(); }
  std::uint64_t usedCount() const { return used.size(); }
  bool isEmpty() const { return fetched == published(); }

  /// What the avail index reads before the chain with this counter.
  std::uint64_t availIndex(std::uint64_t counter) const {
    return (static_cast<std::uint64_t>(spec->startPosition) + counter) & 0xffffU;
  }
  /// last_used_idx as the guest prints it; packed rings keep the wrap counter in the top bit.
  std::uint64_t usedIndex(std::uint64_t counter) const {
    if (!spec->packed) return availIndex(counter);
    const auto size = static_cast<std::uint64_t>(spec->ringSize);
    return counter % size | ((counter / size) % 2 == 0 ? 0x8000U : 0U);
  }

  bool needsDoorbell(std::uint64_t before) const {
    return spec->eventIdx ? availEvent >= before && availEvent < published() : !notifyOff;
  }
  /// To be asked once after a batch of used entries; remembers up to where it was asked.
  bool needsInterrupt() {
    const std::uint64_t before = signalled;
    signalled = usedCount();
    return spec->eventIdx ? usedEvent >= before && usedEvent < signalled : !interruptOff;
  }
  void disableNotify() { notifyOff = true; }
  /// True when chains came in between, so that the device must look again.
  bool enableNotify() {
    notifyOff = false;
    availEvent = fetched;
    return !isEmpty();
  }
  void disableInterrupt() { interruptOff = true; }
  bool enableInterrupt() {
    interruptOff = false;
    usedEvent = reaped;
    return reaped != usedCount();
  }
};

}  // namespace descry::simulate
