// SPDX-License-Identifier: GPL-2.0-or-later
// Facts of what QEMU's monitor for people prints: info virtio, info virtio-status, info virtio-queue-status and info
// virtio-vhost-queue-status.
#include <fmt/format.h>

#include "collector/facts/facts_file.hpp"
#include "collector/facts/monitor_devices.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/line.hpp"
#include "schemas/text/number.hpp"

namespace descry {

namespace {

constexpr std::string_view kBackend = "/virtio-backend", kAround = " \t\r,";

class HmpReader {
 public:
  MachineFacts read(std::string_view text, const std::string& origin) {
    while (!text.empty()) takeText(takeLine(text));
    endDevice();
    if (m_devices.empty())
      throw Error(
          fmt::format("{}: holds no answer to info virtio, info virtio-status or info virtio-queue-status", origin));
    return m_devices.take();
  }

 private:
  void takeText(std::string_view line) {
    const std::string_view words = trimmed(line, kAround);
    const auto end = words.find(kBackend);
    if (words.starts_with("/machine/") && end != std::string_view::npos) {
      endDevice();
      const std::string path(words.substr(0, end + kBackend.size()));
      const std::string_view rest = words.substr(path.size());
      if (rest.starts_with(" [") && rest.ends_with(']'))
        m_devices.at(path, std::string(rest.substr(2, rest.size() - 3)));
      if (rest == ":") m_path = path;
      return;
    }
    if (words.starts_with("(qemu)")) return endDevice();
    if (m_path.empty() || words.empty()) return;
    if (line.starts_with('\t')) return takeListed(words);
    const auto colon = words.find(':');
    const std::string_view key = words.substr(0, colon);
    const std::string_view value = colon == std::string_view::npos ? "" : trimmed(words.substr(colon + 1), kAround);
    m_list = value.empty() ? key : "";
    takeValue(key, value);
  }

  void takeListed(std::string_view words) {
    if (m_list == "Guest features") m_features.emplace_back(words);
    if (m_list == "status") m_driverOk |= words.starts_with("VIRTIO_CONFIG_S_DRIVER_OK");
  }

  void takeValue(std::string_view key, std::string_view value) {
    if (key == "device_name") m_name = value.substr(0, value.find(' '));
    if (key == "device_name" && value.ends_with("(vhost)")) device().vhost = true;
    if (key == "vhost_started") m_vhost = value == "true";
    if (key == "Guest features") m_isStatus = true;
    if (key == "num_vqs") device().more["virtqueues"] = value;
    if (key == "queue_index") m_queue.emplace().index = toNumber<std::uint16_t>(value).value_or(0);
    if (m_queue && key == "num") m_queue->size = toNumber<std::int64_t>(value);
    if (!m_queue || key != "desc" || !value.starts_with("0x")) return;
    if (const auto ring = toNumber<std::uint64_t>(value.substr(2), 16); ring && *ring != 0)
      m_queue->ring = fmt::format("0x{:x}", *ring);
  }

  DeviceFacts& device() { return m_devices.at(m_path, m_name); }

  void endDevice() {
    if (!m_path.empty() && m_isStatus) {
      device().active = m_driverOk;
      if (m_driverOk) takeAcceptedFeatures(device(), m_features);
      if (m_driverOk && m_vhost) device().vhost = m_vhost;
    }
    if (!m_path.empty() && m_queue && m_queue->ring) device().queues.push_back(*m_queue);
    m_path.clear();
    m_name.clear();
    m_list.clear();
    m_features.clear();
    m_queue.reset();
    m_vhost.reset();
    m_isStatus = m_driverOk = false;
  }

  MonitorDevices m_devices;
  std::string m_path, m_name, m_list;  ///< of the answer that is being read, and the list in it
  std::vector<std::string> m_features;
  std::optional<QueueFacts> m_queue;
  std::optional<bool> m_vhost;
  bool m_isStatus = false, m_driverOk = false;
};

}  // namespace

bool looksLikeHmp(std::string_view text) {
  return text.find("/virtio-backend [virtio-") != std::string_view::npos ||
         text.find("/virtio-backend:\n") != std::string_view::npos ||
         text.find("/virtio-backend:\r") != std::string_view::npos;
}

MachineFacts parseHmp(std::string_view text, const std::string& origin) {
  return HmpReader().read(text, origin);
}

}  // namespace descry
