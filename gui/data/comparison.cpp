// SPDX-License-Identifier: GPL-2.0-or-later
#include "gui/data/comparison.hpp"

#include "gui/data/distribution.hpp"
#include "schemas/text/escape.hpp"

namespace descry::gui {

Selection selectionOf(const ComparedLevel& level, const Case& all, bool ofBase) {
  Selection result;
  if (level.level == ReportLevel::Queue) {
    result.queues = {ofBase ? level.baseQueueId : level.nowQueueId};
    return result;
  }
  // As the sums do: what lies below the row of the transport or device.
  const auto addBelow = [&](const auto& self, const LevelRow& row) -> void {
    if (row.kind == LevelRow::Kind::Queue) result.queues.insert(row.queueId);
    for (const std::size_t below : row.below) self(self, all.levels[below]);
  };
  const bool isDevice = level.level == ReportLevel::Device;
  for (const LevelRow& row : all.levels)
    if (row.kind == (isDevice ? LevelRow::Kind::Device : LevelRow::Kind::Transport) &&
        (isDevice ? row.deviceId == (ofBase ? level.baseDeviceId : level.nowDeviceId)
                  : row.transport == (ofBase ? level.baseTransport : level.transport)))
      addBelow(addBelow, row);
  return result;
}

const Change& meanOf(const ComparedLevel& level, int cause) {
  return cause == kWholeLatency ? level.mean : level.cause(kCauseNames[static_cast<std::size_t>(cause)]).mean;
}

std::string diffCommand(const std::string& base, const std::string& now) {
  return "descry diff " + shellWord(base) + " " + shellWord(now);
}

}  // namespace descry::gui
