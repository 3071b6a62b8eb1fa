// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/golden/reference_case.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>
#include <sstream>
#include <stdexcept>

namespace descry::golden {

namespace {

nlohmann::json readJson(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return nlohmann::json::parse(file);
}

/// "1:0/epoch1" -> "1:0"
std::string withoutEpoch(const std::string& key) {
  return key.substr(0, key.find('/'));
}

}  // namespace

Distribution distributionOf(std::vector<std::int64_t> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto pick = [&](double q) {
    return values[std::min(values.size() - 1, static_cast<std::size_t>(q * static_cast<double>(values.size())))];
  };
  return {values.size(), values.front(), pick(0.5), pick(0.99), values.back()};
}

Distribution distributionOf(const nlohmann::json& truth) {
  if (truth.is_null()) return {};
  return {truth["n"], truth["min"], truth["median"], truth["p99"], truth["max"]};
}

std::ostream& operator<<(std::ostream& out, const Distribution& d) {
  return out << "{n " << d.n << ", min " << d.min << ", median " << d.median << ", p99 " << d.p99 << ", max " << d.max
             << "}";
}

std::vector<std::string> ReferenceCase::names() {
  std::istringstream list(DESCRY_CASES);
  std::vector<std::string> names;
  for (std::string name; list >> name;) names.push_back(name);
  return names;
}

std::filesystem::path ReferenceCase::directory(const std::string& name) {
  return std::filesystem::path(DESCRY_TRACES) / name;
}

const ReferenceCase& ReferenceCase::named(const std::string& name) {
  static std::map<std::string, std::unique_ptr<ReferenceCase>> cases;
  auto& entry = cases[name];
  if (!entry) entry.reset(new ReferenceCase(name));
  return *entry;
}

ReferenceCase::ReferenceCase(std::string name)
    : Imported(name, "'" + directory(name).string() + "'"),
      m_name(std::move(name)),
      m_truth(readJson(directory(m_name) / "truth.json")),
      m_facts(readJson(directory(m_name) / "case.json")) {}

QueueId ReferenceCase::guestQueueId(const std::string& key) const {
  const auto colon = key.find(':');
  return QueueId{
      integer("SELECT queue_id FROM queue JOIN device USING (device_id) JOIN capture USING (capture_id) "
              "WHERE side = 'guest' AND device.name = 'virtio" +
              key.substr(0, colon) + "' AND queue_index = " + key.substr(colon + 1))};
}

QueueId ReferenceCase::hostQueueId(const std::string& key) const {
  const std::string base = withoutEpoch(key);
  const auto colon = base.find(':');
  const std::string hostQueue =
      "SELECT queue_id FROM queue JOIN device USING (device_id) JOIN capture USING (capture_id) "
      "WHERE side = 'host' AND queue_index = ";
  if (colon == std::string::npos) return QueueId{integer(hostQueue + base)};
  std::string address = base.substr(0, colon);
  for (const auto& [hostAddress, guestDevice] : m_truth["host"]["guest_device_of"].items())
    if (guestDevice == address) address = hostAddress;
  return QueueId{integer(hostQueue + base.substr(colon + 1) + " AND lower(device.address) = lower('" + address + "')")};
}

std::int64_t ReferenceCase::hostEpoch(const std::string& key) const {
  // Epochs in which nothing happened are not in the truth file.
  const auto ours =
      column("SELECT epoch FROM queue_epoch WHERE queue_id = " + std::to_string(numberOf(hostQueueId(key))) +
             " AND fetches + doorbells_seen + eagain_fetches + failed_prefetches + misses > 0 ORDER BY epoch DESC");
  std::vector<std::pair<std::int64_t, std::string>> theirs;
  for (const auto& [other, queue] : m_truth["host"]["queues"].items())
    if (withoutEpoch(other) == withoutEpoch(key)) theirs.emplace_back(queue["epoch"].get<std::int64_t>(), other);
  std::sort(theirs.rbegin(), theirs.rend());
  if (ours.size() != theirs.size())
    throw std::runtime_error("host queue " + key + ": " + std::to_string(ours.size()) + " epochs with activity, not " +
                             std::to_string(theirs.size()));
  for (std::size_t i = 0; i < theirs.size(); ++i)
    if (theirs[i].second == key) return ours[i];
  throw std::logic_error("no such key: " + key);
}

std::vector<GuestQueue> ReferenceCase::guestQueues() const {
  std::vector<GuestQueue> queues;
  if (!has("guest")) return queues;
  for (const auto& [key, queue] : m_truth["guest"]["queues"].items())
    queues.push_back({key, guestQueueId(key), &queue});
  return queues;
}

std::vector<HostQueue> ReferenceCase::hostQueues() const {
  std::vector<HostQueue> queues;
  for (const auto& [key, queue] : m_truth["host"]["queues"].items())
    queues.push_back({key, hostQueueId(key), hostEpoch(key), &queue});
  return queues;
}

}  // namespace descry::golden
