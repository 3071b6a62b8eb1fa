// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "collector/facts/device_facts.hpp"

namespace descry {

/// A device of the guest as its trace shows it.
struct TracedDevice {
  std::string name;  ///< virtio0
  std::string kind;  ///< net, blk ..., or unknown
};

/// What one source says of a device.
struct SaidDevice {
  const DeviceFacts* facts = nullptr;
  std::size_t source = 0;  ///< index of the source
};

/// One device, with everything that is said of it.
struct SameDevice {
  std::string name;  ///< of the guest; empty: not known
  std::string kind = "unknown";
  bool traced = false;
  std::vector<SaidDevice> said;

  bool saidBy(std::size_t source) const;
  /// What to call it: the guest's name, else that of the first source.
  const std::string& label() const { return name.empty() ? said.front().facts->label : name; }
};

/// Finds out which devices of several sources are one. A guest calls its devices virtio0, virtio1 ..., a VMM by ids and
/// addresses. They are one when they share a bus id, an id or a MAC address; when there is one of their kind on both
/// sides; or by their place, because a guest numbers its devices in the order of their addresses. Otherwise they stay
/// apart, and a note says so.
class SameDevices {
 public:
  SameDevices(const std::vector<MachineFacts>& said, const std::vector<TracedDevice>& traced);

  const std::vector<SameDevice>& devices() const { return m_devices; }
  const std::vector<std::string>& notes() const { return m_notes; }

 private:
  std::size_t named(const std::string& name);
  void addByKeys(const SaidDevice& device);
  std::size_t joined(std::size_t first, std::size_t second);
  void joinByKind();
  void joinByPlace(std::size_t source);
  std::vector<const DeviceFacts*> inGuestOrder(std::size_t source) const;
  bool placesFit(std::size_t source, const std::vector<const DeviceFacts*>& order) const;
  std::size_t deviceOf(const DeviceFacts* facts) const;
  void noteUnknown(std::size_t source);
  void dropEmpty();

  const std::vector<MachineFacts>& m_said;
  std::vector<SameDevice> m_devices;
  std::map<std::string, std::size_t> m_byName, m_byKey;
  std::vector<std::string> m_notes;
};

}  // namespace descry
