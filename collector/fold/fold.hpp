// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include "collector/event/batch.hpp"
#include "collector/event/side.hpp"
#include "collector/facts/fact_store.hpp"

namespace descry {

/// Turns the decoded events of one capture into halves, queue epochs and rare events. Feed it batches in time order,
/// then finish(). One thread. Times it writes are relative to the first event it was given (capture.origin_ns).
class Fold {
 public:
  virtual ~Fold() = default;
  virtual void consume(const Batch& batch) = 0;
  /// Closes everything that is still open (flagged as in flight) and fills the capture's origin and end.
  virtual void finish() = 0;
};

/// `captureId` must already be a row of `store.captures`; `vm` names the machine its devices belong to.
std::unique_ptr<Fold> makeGuestFold(FactStore& store, std::int64_t captureId, std::string vm);
std::unique_ptr<Fold> makeHostFold(FactStore& store, std::int64_t captureId, const std::string& vm);

}  // namespace descry
