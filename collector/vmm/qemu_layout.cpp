// SPDX-License-Identifier: GPL-2.0-or-later
// No debug information is needed: distributions export QEMU's functions for its modules, and among them are getters of
// a line or two, whose machine code says where the member lies.
#include "collector/vmm/qemu_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "collector/vmm/function_reader.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

ProgramFile::Function required(const ProgramFile& program, std::string_view name) {
  const auto function = program.function(name);
  if (!function)
    throw Error(fmt::format("it does not export {}: it was built without modules, or its symbols were removed", name));
  return *function;
}

[[noreturn]] void refuse(std::string_view name, std::string_view expected) {
  throw Error(fmt::format("its function {} does not {} as far as its code shows", name, expected));
}

std::uint32_t offsetFrom(std::string_view name, std::int64_t offset) {
  constexpr std::int64_t kMost = 1 << 16;
  if (offset < 0 || offset > kMost) refuse(name, "use an offset that a structure can have");
  return static_cast<std::uint32_t>(offset);
}

class Derivation {
 public:
  explicit Derivation(const ProgramFile& program) : m_program(program) {}
  QemuLayout run();

 private:
  FunctionReading read(std::string_view name) const { return readFunction(m_program, required(m_program, name)); }
  void queues();
  std::vector<std::uint32_t> queueMembers(std::string_view name, unsigned bytes) const;
  std::uint32_t queueMember(std::string_view name, unsigned bytes) const;
  std::uint32_t firstOf(std::string_view name, unsigned bytes, const Value& address) const;
  std::uint32_t addressInObject(std::string_view name) const;
  void positions();
  void element();
  void device();

  const ProgramFile& m_program;
  QemuLayout m_layout;
};

/// Where the queues of a device are, and how far apart.
void Derivation::queues() {
  constexpr std::string_view kName = "virtio_get_queue";
  const FunctionReading reading = read(kName);
  const Access* array = reading.returned ? reading.loadOf(*reading.returned) : nullptr;
  if (array == nullptr || array->bytes != 8 || array->address.base != Value::kFirstArgument ||
      reading.returned->offset != 0)
    refuse(kName, "return an entry of a device's array");
  m_layout.deviceQueues = offsetFrom(kName, array->address.offset);
  m_layout.queueBytes = offsetFrom(kName, reading.returned->scale);
}

/// Members of the queue that a function finds by device and index.
std::vector<std::uint32_t> Derivation::queueMembers(std::string_view name, unsigned bytes) const {
  const FunctionReading reading = read(name);
  std::vector<std::uint32_t> members;
  for (const Access& access : reading.accesses) {
    const Access* array = reading.loadOf(access.address);
    if (access.bytes != bytes || array == nullptr || access.address.scale != m_layout.queueBytes ||
        array->address != Value{Value::kFirstArgument, m_layout.deviceQueues, 0})
      continue;
    members.push_back(offsetFrom(name, access.address.offset));
  }
  std::ranges::sort(members);
  if (members.empty()) refuse(name, fmt::format("read {} bytes of a queue", bytes));
  return members;
}

std::uint32_t Derivation::queueMember(std::string_view name, unsigned bytes) const {
  const auto members = queueMembers(name, bytes);
  if (members.size() != 1) refuse(name, fmt::format("read just one member of {} bytes of a queue", bytes));
  return members.front();
}

/// The first access of this size through the same pointer as `address`.
std::uint32_t Derivation::firstOf(std::string_view name, unsigned bytes, const Value& address) const {
  for (const Access& access : read(name).accesses)
    if (access.bytes == bytes && access.address.base == address.base && access.address.scale == address.scale)
      return offsetFrom(name, access.address.offset);
  refuse(name, fmt::format("use {} bytes of what it is given", bytes));
}

std::uint32_t Derivation::addressInObject(std::string_view name) const {
  const FunctionReading reading = read(name);
  if (!reading.returned || reading.returned->base != Value::kFirstArgument || reading.returned->scale != 0)
    refuse(name, "return an address within what it is given");
  return offsetFrom(name, reading.returned->offset);
}

/// The index of the next chain lies before that of the used ring. A packed ring's function looks at both, and asks for
/// the device's features first.
void Derivation::positions() {
  constexpr std::string_view kName = "virtio_queue_get_last_avail_idx";
  const auto members = queueMembers(kName, 2);
  m_layout.lastAvail = members.front();
  for (const Access& access : read(kName).accesses) {
    if (access.address.base != Value::kFirstArgument || access.address.offset == m_layout.deviceQueues) continue;
    // Bit 34 of 64: in the byte or the half behind the first four.
    m_layout.deviceFeatures = offsetFrom(kName, access.address.offset - (access.bytes == 8 ? 0 : 4));
    return;
  }
  refuse(kName, "ask whether the ring is packed");
}

void Derivation::element() {
  constexpr std::string_view kName = "virtqueue_detach_element";
  const Value queue{Value::kFirstArgument, 0, 0}, given{Value::kNumber, 0, 1};
  m_layout.queueDevice = firstOf(kName, 8, queue);
  const std::uint32_t descriptors = firstOf(kName, 4, given);
  m_layout.elementHead = 0;
  m_layout.elementOut = descriptors + 4;
  m_layout.elementIn = descriptors + 8;
}

void Derivation::device() {
  constexpr std::string_view kName = "virtio_bus_get_vdev_id";
  for (const Access& access : read(kName).accesses)
    if (access.bytes == 2 && access.address.base > Value::kFirstArgument) {
      m_layout.deviceId = offsetFrom(kName, access.address.offset);
      return;
    }
  refuse(kName, "read the 2 bytes of a device's type");
}

QemuLayout Derivation::run() {
  queues();
  m_layout.ringSize = queueMember("virtio_queue_get_num", 4);
  m_layout.ringAddress = queueMember("virtio_queue_get_desc_addr", 8);
  m_layout.vector = queueMember("virtio_queue_vector", 2);
  positions();
  m_layout.queueIndex = firstOf("virtio_get_queue_index", 2, {Value::kFirstArgument, 0, 0});
  m_layout.guestNotifier = addressInObject("virtio_queue_get_guest_notifier");
  m_layout.hostNotifier = addressInObject("virtio_queue_get_host_notifier");
  element();
  device();
  return m_layout;
}

}  // namespace

void checkPlausible(const QemuLayout& layout) {
  const auto require = [](bool holds, std::string_view what) {
    if (!holds) throw Error(fmt::format("the offsets that its code shows cannot be right: {}", what));
  };
  const std::uint32_t notifier = layout.hostNotifier - layout.guestNotifier;
  require(layout.queueBytes % 8 == 0 && layout.queueBytes >= 0x60 && layout.queueBytes <= 0x400,
          "a queue takes between 96 and 1024 bytes");
  require(layout.ringSize < layout.ringAddress && layout.ringAddress < layout.lastAvail &&
              layout.lastAvail < layout.queueIndex && layout.queueIndex < layout.vector &&
              layout.vector < layout.queueDevice && layout.queueDevice < layout.guestNotifier &&
              layout.guestNotifier < layout.hostNotifier && layout.hostNotifier < layout.queueBytes,
          "members of a queue do not come in the order of the source");
  require(layout.ringAddress % 8 == 0 && layout.queueDevice % 8 == 0 && layout.deviceQueues % 8 == 0,
          "pointers are aligned");
  require(notifier == 8 || notifier == 12, "the two notifiers of a queue are neighbours");
  require(layout.deviceFeatures < layout.deviceQueues && layout.deviceQueues < layout.deviceId &&
              layout.deviceId <= 0x800 && layout.deviceFeatures % 8 == 0,
          "members of a device do not come in the order of the source");
  require(layout.elementOut == layout.elementHead + 12 && layout.elementIn == layout.elementHead + 16,
          "an element begins with its head, its length and three counts");
}

QemuLayout deriveQemuLayout(const ProgramFile& program) {
  const QemuLayout layout = Derivation(program).run();
  checkPlausible(layout);
  return layout;
}

std::vector<ProgramFile::Function> workersOf(const ProgramFile& program, std::string_view name, std::size_t count) {
  const ProgramFile::Function whole = required(program, name);
  constexpr std::uint64_t kShort = 128, kPeek = 16;  // a function that only chooses; enough to see how one begins
  if (whole.bytes > kShort) return {};
  const std::vector<std::uint64_t> addresses = readFunction(program, whole).leavesTo;
  if (addresses.size() != count) return {};
  std::vector<ProgramFile::Function> workers;
  for (const std::uint64_t address : addresses) workers.push_back({address, kPeek});
  return workers;
}

std::uint64_t probeOffset(const ProgramFile& program, const ProgramFile::Function& function) {
  constexpr std::uint64_t kPeek = 16;
  const FunctionReading beginning = readFunction(program, {function.address, std::min(function.bytes, kPeek)});
  return program.fileOffset(beginning.firstOther == 0 ? function.address : beginning.firstOther);
}

}  // namespace descry
