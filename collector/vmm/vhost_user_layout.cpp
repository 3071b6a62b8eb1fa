// SPDX-License-Identifier: GPL-2.0-or-later
// The structures of DPDK's vhost library are not for its users, and differ between versions; functions that it exports
// for them get single members, and their machine code says where those lie.
#include "collector/vmm/vhost_user_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "collector/vmm/function_reader.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

constexpr std::size_t kPointersOfRing = 4;
constexpr unsigned kPointer = 8, kInt = 4, kIndex = 2, kTwoPointers = 16;

[[noreturn]] void refuseGetter(std::string_view name, std::string_view expected) {
  throw Error(fmt::format("its function {} does not {} as far as its code shows", name, expected));
}

/// A function that is given the number of a device, and of a queue.
class Getter {
 public:
  Getter(const ProgramFile& library, std::string_view name) : m_name(name) {
    const auto function = library.function(name);
    if (!function) throw Error(fmt::format("it does not export {}", name));
    m_reading = readFunction(library, *function, {Value::kNumber, 0, 0});
    // The same for the device after the first says how far apart the pointers are.
    const FunctionReading next = readFunction(library, *function, {Value::kNumber, 1, 0});
    for (const Access& access : m_reading.accesses) {
      if (access.bytes != kPointer || access.address.base != Value::kNumber || access.address.scale != 0) continue;
      const Value neighbour{Value::kNumber, access.address.offset + kPointer, 0};
      if (std::ranges::none_of(next.accesses, [&](const Access& other) { return other.address == neighbour; }))
        continue;
      m_devices = static_cast<std::uint64_t>(access.address.offset);
      m_device = loaded(access);
      return;
    }
    refuseGetter(name, "take a device from an array of pointers");
  }

  std::uint64_t devices() const { return m_devices; }
  /// What the load of this memory returned, as the base of what is read through it.
  int loaded(const Access& access) const { return static_cast<int>(&access - m_reading.accesses.data()) + 1; }
  int device() const { return m_device; }

  /// Offsets of what is read of this size through a pointer, in ascending order.
  std::vector<std::uint32_t> members(int through, unsigned bytes) const {
    std::vector<std::uint32_t> offsets;
    for (const Access& access : m_reading.accesses)
      if (access.bytes == bytes && access.address.base == through && access.address.scale == 0)
        offsets.push_back(offsetOf(access));
    std::ranges::sort(offsets);
    return offsets;
  }
  const Access& firstPointer() const {
    for (const Access& access : m_reading.accesses)
      if (access.bytes == kPointer && access.address.base == m_device && access.address.scale == 0) return access;
    refuseGetter(m_name, "read 8 bytes of a device");
  }
  /// The entry of a device's array of queues.
  const Access& queue() const {
    for (const Access& access : m_reading.accesses)
      if (access.bytes == kPointer && access.address.base == m_device && access.address.scale == kPointer)
        return access;
    refuseGetter(m_name, "take a queue from the device's array of pointers");
  }
  std::uint32_t offsetOf(const Access& access) const {
    constexpr std::int64_t kMost = 1 << 16;
    if (access.address.offset < 0 || access.address.offset > kMost)
      refuseGetter(m_name, "use an offset that a structure can have");
    return static_cast<std::uint32_t>(access.address.offset);
  }

 private:
  std::string_view m_name;
  FunctionReading m_reading;
  std::uint64_t m_devices = 0;
  int m_device = Value::kUnknown;
};

/// Copies of the addresses of the three parts of a ring and of its log, of two file descriptors, the one that calls
/// first, and of the size.
void readRing(const ProgramFile& library, VhostUserLayout& layout) {
  constexpr std::string_view kName = "rte_vhost_get_vhost_vring";
  const Getter getter(library, kName);
  const int queue = getter.loaded(getter.queue());
  std::vector<std::uint32_t> pointers = getter.members(queue, kPointer);
  for (const std::uint32_t two : getter.members(queue, kTwoPointers))
    pointers.insert(pointers.end(), {two, two + kPointer});
  std::ranges::sort(pointers);
  std::vector<std::uint32_t> files = getter.members(queue, kInt);
  // Neighbours may be copied at once: then the two descriptors look like a pointer behind the others.
  if (files.empty() && pointers.size() == kPointersOfRing + 1) files = {pointers.back(), pointers.back() + kInt};
  const std::vector<std::uint32_t> sizes = getter.members(queue, kIndex);
  if (pointers.size() < kPointersOfRing || files.size() != 2 || sizes.size() != 1)
    refuseGetter(kName, "copy four addresses, two file descriptors and the size of a ring");
  layout.desc = pointers[0];
  layout.avail = pointers[1];
  layout.used = pointers[2];
  layout.callFd = files[0];
  layout.ringSize = sizes[0];
}

void readPositions(const ProgramFile& library, VhostUserLayout& layout) {
  constexpr std::string_view kName = "rte_vhost_get_vring_base";
  const Getter getter(library, kName);
  layout.deviceQueues = getter.offsetOf(getter.queue());
  const std::vector<std::uint32_t> indices = getter.members(getter.loaded(getter.queue()), kIndex);
  if (indices.size() != 2) refuseGetter(kName, "read two indices of a queue");
  layout.lastAvail = indices[0];
  layout.lastUsed = indices[1];
}

void checkPlausible(const VhostUserLayout& layout, const Getter& memory) {
  const auto require = [](bool holds, std::string_view what) {
    if (!holds) throw Error(fmt::format("the offsets that its code shows cannot be right: {}", what));
  };
  require(layout.avail == layout.desc + kPointer && layout.used == layout.avail + kPointer,
          "the addresses of a ring's parts are neighbours");
  require(layout.used < layout.ringSize && layout.ringSize < layout.lastAvail &&
              layout.lastUsed == layout.lastAvail + kIndex && layout.lastUsed < layout.callFd,
          "members of a queue do not come in the order of the source");
  require(layout.deviceMemory < layout.deviceFeatures && layout.deviceFeatures < layout.deviceQueues &&
              layout.deviceQueues % kPointer == 0,
          "members of a device do not come in the order of the source");
  require(!memory.members(memory.loaded(memory.firstPointer()), kInt).empty(),
          "the memory table begins with its length");
}

}  // namespace

VhostUserLayout deriveVhostUserLayout(const ProgramFile& library) {
  VhostUserLayout layout;
  const Getter features(library, "rte_vhost_get_negotiated_features"), memory(library, "rte_vhost_get_mem_table");
  layout.devices = features.devices();
  layout.deviceFeatures = features.offsetOf(features.firstPointer());
  layout.deviceMemory = memory.offsetOf(memory.firstPointer());
  readPositions(library, layout);
  readRing(library, layout);
  if (memory.devices() != layout.devices)
    throw Error("the offsets that its code shows cannot be right: its functions use different arrays of devices");
  checkPlausible(layout, memory);
  return layout;
}

}  // namespace descry
