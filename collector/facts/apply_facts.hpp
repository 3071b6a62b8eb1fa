// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "collector/facts/device_facts.hpp"
#include "collector/facts/fact_store.hpp"
#include "collector/facts/trace_survey.hpp"

namespace descry {

/// A capture whose trace was read and folded.
struct SurveyedCapture {
  std::int64_t captureId = 0;
  Side side = Side::Guest;
  TraceSurvey survey;
};

/// Completes the rows of one virtual machine with what was said of it (`facts`) and with what its events prove. What
/// the fold wrote from the events themselves stays; where facts contradict it, that is counted as an anomaly.
void applyFacts(FactStore& store, std::string_view vm, const MachineFacts& facts,
                const std::vector<SurveyedCapture>& captures);

/// Part of applyFacts: kernel, skipped probes and lost events of one capture.
void applySideFacts(FactStore& store, const SurveyedCapture& capture, const SideFacts& facts);

/// Who serves the devices of a machine, as far as known.
struct Backend {
  bool vhost = false, qemu = false;
};

/// Part of applyFacts: DMA API and address translation of a guest's device, where its features, its ring and its
/// transport prove them. `features` may be null.
void applyTranslation(DeviceRow& device, const DeviceFacts* features, Backend backend);

/// A bit of the features of a device; nothing where they are not known.
std::optional<bool> negotiatedFeature(const DeviceRow& device, unsigned bit);

/// Part of applyFacts: names of the queues of all devices of known kind.
void nameQueues(FactStore& store, const std::vector<DeviceRow*>& devices, const MachineFacts& facts);

}  // namespace descry
