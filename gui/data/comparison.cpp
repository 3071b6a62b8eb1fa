// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/comparison.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "schemas/model/error.hpp"

namespace descry::gui {

namespace {

using Json = nlohmann::json;

ComparedNumber numberOf(const Json& change) {
  const auto optional = [&](const char* name) {
    return change.at(name).is_null() ? std::nullopt : std::optional(change.at(name).get<double>());
  };
  return {change.at("base").get<double>(),      change.at("now").get<double>(),  optional("low"), optional("high"),
          change.at("significant").get<bool>(), change.at("matters").get<bool>()};
}

LevelRow::Kind kindOf(const std::string& level) {
  if (level == "transport") return LevelRow::Kind::Transport;
  return level == "device" ? LevelRow::Kind::Device : LevelRow::Kind::Queue;
}

std::string textOf(const Json& text) {
  return text.is_null() ? std::string() : text.get<std::string>();
}

std::int64_t idOf(const Json& id) {
  return id.is_null() ? 0 : id.get<std::int64_t>();
}

ComparedPlace placeOf(const Json& level) {
  ComparedPlace place;
  place.kind = kindOf(level.at("level").get<std::string>());
  place.transport = textOf(level.at("transport"));
  place.baseTransport = textOf(level.at("base_transport"));
  place.device = textOf(level.at("device"));
  place.queue = textOf(level.at("queue"));
  place.baseDeviceId = idOf(level.at("device_id").at("base"));
  place.nowDeviceId = idOf(level.at("device_id").at("now"));
  place.baseQueueId = idOf(level.at("queue_id").at("base"));
  place.nowQueueId = idOf(level.at("queue_id").at("now"));
  place.baseChains = level.at("chains").at("base").get<std::int64_t>();
  place.nowChains = level.at("chains").at("now").get<std::int64_t>();
  const Json& latency = level.at("latency_ns");
  place.mean = numberOf(latency.at("mean"));
  place.p50 = numberOf(latency.at("p50"));
  place.p99 = numberOf(latency.at("p99"));
  place.p999 = numberOf(latency.at("p999"));
  const Json& causes = level.at("causes");
  for (std::size_t cause = 0; cause < kCauses; ++cause)
    place.causes[cause] = numberOf(causes.at(std::string(kCauseNames[cause])).at("mean_ns"));
  place.induced = numberOf(causes.at("iotlb_induced").at("mean_ns"));
  return place;
}

std::string quoted(const std::string& path) {
  const auto isPlain = [](char each) {
    return std::isalnum(static_cast<unsigned char>(each)) != 0 ||
           std::string_view("/._-+=,:@%").find(each) != std::string_view::npos;
  };
  if (!path.empty() && std::all_of(path.begin(), path.end(), isPlain)) return path;
  std::string result = "'";
  for (const char each : path) result += each == '\'' ? std::string(R"('\'')") : std::string(1, each);
  return result + "'";
}

}  // namespace

std::string ComparedPlace::title() const {
  if (kind == LevelRow::Kind::Transport) return transport;
  return kind == LevelRow::Kind::Device ? device : device + " " + queue;
}

Selection ComparedPlace::selection(const Case& all, bool ofBase) const {
  Selection result;
  if (kind == LevelRow::Kind::Queue) {
    result.queues = {ofBase ? baseQueueId : nowQueueId};
    return result;
  }
  // As the sums do: what lies below the row of the transport or device.
  const auto addBelow = [&](const auto& self, const LevelRow& row) -> void {
    if (row.kind == LevelRow::Kind::Queue) result.queues.insert(row.queueId);
    for (const std::size_t below : row.below) self(self, all.levels[below]);
  };
  for (const LevelRow& row : all.levels)
    if (row.kind == kind && (kind == LevelRow::Kind::Device ? row.deviceId == (ofBase ? baseDeviceId : nowDeviceId)
                                                            : row.transport == (ofBase ? baseTransport : transport)))
      addBelow(addBelow, row);
  return result;
}

CaseComparison readComparison(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    CaseComparison result;
    result.verdict = json.at("verdict").get<std::vector<std::string>>();
    result.changed = json.at("changed").get<std::vector<std::string>>();
    result.unmatched = json.at("unmatched").get<std::vector<std::string>>();
    result.slower = json.at("slower").get<bool>();
    result.faster = json.at("faster").get<bool>();
    result.baseDamaged = json.at("base_damaged").get<bool>();
    result.nowDamaged = json.at("now_damaged").get<bool>();
    for (const Json& level : json.at("levels")) result.places.push_back(placeOf(level));
    return result;
  } catch (const Json::exception& error) {
    throw Error("descry diff said something that is no comparison (" + std::string(error.what()) +
                "): descry and descry-gui have to be of one version");
  }
}

std::string diffCommand(const std::string& base, const std::string& now) {
  return "descry diff " + quoted(base) + " " + quoted(now);
}

}  // namespace descry::gui
