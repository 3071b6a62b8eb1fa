// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/facts/device_facts.hpp"

namespace descry {

/// Adds what the options of a QEMU command line say: all of them, or those that come on top of what `facts` knows.
/// `origin` names the file in errors.
void readQemuOptions(const std::vector<std::string>& words, const std::string& origin, MachineFacts& facts);

/// The virtio devices of a QEMU command line, collected option by option.
class QemuDevices {
 public:
  /// `origin` names the file in errors.
  explicit QemuDevices(std::string origin) : m_origin(std::move(origin)) {}

  /// False: the option is none that is looked at here.
  bool take(std::string_view option, const std::string& value);
  /// Adds what was collected, and what -set and -global change in devices that are already there.
  void finish(MachineFacts& facts);

 private:
  /// driver=..., then name=value; names with _ for -.
  using Options = std::map<std::string, std::string, std::less<>>;

  struct Given {
    Options options;
    std::string driver;
    bool implied = false;  ///< by -drive or -nic, which come before all -device
  };

  /// An option of -set or -global, for the device with this id, or for all of this driver.
  struct Changed {
    std::string id, driver, option, value;
  };

  Options optionsOf(const std::string& value, std::string_view first) const;
  void takeSet(std::string_view value);
  void takeGlobal(const std::string& value);
  void change(const Changed& changed);
  static bool isMeant(const Changed& changed, const DeviceFacts& device);
  std::optional<unsigned> busNumber(const std::string& bus) const;
  std::optional<std::string> busId(const Given& device, std::string_view transport) const;
  void addVirtio(const Given& device, MachineFacts& facts) const;
  void addBackend(const Given& given, DeviceFacts& device) const;
  void addIommu(const Given& device, MachineFacts& facts) const;

  std::string m_origin;
  std::vector<Given> m_devices;              ///< in the order of the command line
  std::map<std::string, Options> m_netdevs;  ///< by id
  std::vector<Changed> m_changed;
  Options m_machine;
  std::optional<std::int64_t> m_memory;
};

}  // namespace descry
