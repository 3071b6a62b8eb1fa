// SPDX-License-Identifier: GPL-2.0-or-later
// Facts of answers of QEMU's monitor in JSON, one behind the other, with or without the questions. Only a question says
// which device the answer is about.
#include <fmt/format.h>

#include "collector/facts/facts_file.hpp"
#include "collector/facts/json_node.hpp"
#include "collector/facts/monitor_devices.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

/// The object that begins at `text`, whose first character is its brace; all of it where the end is missing.
std::string_view objectAt(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
      continue;
    }
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '{') ++depth;
    if (c == '}' && --depth == 0) return text.substr(0, i + 1);
  }
  return text;
}

std::vector<std::string> featuresOf(const JsonNode& node) {
  std::vector<std::string> names;
  for (const char* list : {"transports", "dev-features"})
    node[list].eachElement([&](const JsonNode& name) { names.push_back(name.text().value_or("")); });
  return names;
}

class QmpReader {
 public:
  explicit QmpReader(const std::string& origin) : m_origin(origin) {}

  MachineFacts read(std::string_view text) {
    while (!text.empty()) {
      const auto brace = text.find('{');
      notePath(text.substr(0, brace));
      if (brace == std::string_view::npos) break;
      const std::string_view object = objectAt(text.substr(brace));
      const nlohmann::json json = parsedJson(object, m_origin, "answers of QEMU's monitor (QMP)");
      take(JsonNode(&json, m_origin + ": "));
      text.remove_prefix(brace + object.size());
    }
    if (m_devices.empty())
      throw Error(fmt::format(
          "{}: holds no answer to x-query-virtio, x-query-virtio-status or x-query-virtio-queue-status", m_origin));
    MachineFacts facts = m_devices.take();
    if (m_byLibvirt) facts.more["managed_by"] = "libvirt";
    return facts;
  }

 private:
  /// virsh qemu-monitor-command vm x-query-virtio-status path=/machine/peripheral/disk0/virtio-backend
  void notePath(std::string_view words) {
    const auto begin = words.rfind("/machine/");
    if (begin == std::string_view::npos) return;
    m_path = words.substr(begin);
    m_path = m_path.substr(0, m_path.find_first_of(" \t\r\n'\""));
  }

  void take(const JsonNode& object) {
    if (object["execute"]) m_path = object["arguments"]["path"].text().value_or("");
    const std::string id = object["id"].word().value_or("");
    m_byLibvirt |= id.starts_with("libvirt-");
    const JsonNode answer = object["return"];
    if (answer.isList())
      answer.eachElement([&](const JsonNode& device) { takeListed(device); });
    else if (answer.isObject())
      takeAnswer(answer);
  }

  void takeListed(const JsonNode& node) {
    if (!node.isObject() || !node["path"] || !node["name"]) return;
    m_devices.at(node["path"].text().value_or(""), node["name"].text().value_or(""));
  }

  void takeAnswer(const JsonNode& answer) {
    if (answer["guest-features"]) return takeStatus(answer);
    const std::string name = answer["name"].text().value_or("");
    if (answer["vring-num"]) takeQueue(answer, m_devices.at(m_path, name));
    if (answer["kick"] && answer["desc-phys"]) m_devices.at(m_path, name).vhost = true;
  }

  void takeStatus(const JsonNode& status) {
    const std::string name = status["name"].text().value_or("");
    if (m_path.empty()) m_devices.startAnother(name);
    DeviceFacts& device = m_devices.at(m_path, name);
    if (const auto type = status["device-id"].count()) device.type = type;
    if (const auto queues = status["num-vqs"].count()) device.more["virtqueues"] = fmt::to_string(*queues);
    bool driverOk = false;
    status["status"]["statuses"].eachElement(
        [&](const JsonNode& word) { driverOk |= word.text().value_or("").starts_with("VIRTIO_CONFIG_S_DRIVER_OK"); });
    device.active = driverOk;
    if (!driverOk) return;
    takeAcceptedFeatures(device, featuresOf(status["guest-features"]));
    device.vhost = status["vhost-started"].flag();
  }

  static void takeQueue(const JsonNode& answer, DeviceFacts& device) {
    const auto ring = answer["vring-desc"].number();
    if (!ring || *ring == 0) return;  // the driver does not use it
    QueueFacts queue;
    queue.index = answer["queue-index"].count().value_or(0);
    queue.size = answer["vring-num"].count();
    queue.ring = fmt::format("0x{:x}", *ring);
    device.queues.push_back(std::move(queue));
  }

  const std::string& m_origin;
  std::string m_path;  ///< of the device that the next answer is about
  MonitorDevices m_devices;
  bool m_byLibvirt = false;
};

}  // namespace

bool looksLikeQmp(std::string_view text) {
  return text.find("x-query-virtio") != std::string_view::npos ||
         (text.find("\"return\"") != std::string_view::npos &&
          (text.find("\"guest-features\"") != std::string_view::npos ||
           text.find("\"vring-num\"") != std::string_view::npos ||
           text.find("/virtio-backend\"") != std::string_view::npos ||
           text.find("\"desc-phys\"") != std::string_view::npos));
}

MachineFacts parseQmp(std::string_view text, const std::string& origin) {
  return QmpReader(origin).read(text);
}

}  // namespace descry
