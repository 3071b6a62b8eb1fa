// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>

#include "collector/facts/apply_facts.hpp"
#include "collector/import/inputs.hpp"
#include "collector/source/reader/source_format.hpp"
#include "schemas/model/error.hpp"

namespace descry {

/// Called between batches with the share of the trace that was read, if known, and the number of events so far. Throws
/// Cancelled to stop.
using ReadWatch = std::function<void(std::optional<double> share, std::int64_t events)>;

/// How a trace is read. The result does not depend on it.
struct ReadOptions {
  CtfReader reader = CtfReader::Auto;
  std::optional<std::int64_t> tscKhz = std::nullopt;  ///< frequency of a trace clock that does not count nanoseconds
  bool inBackground = true;  ///< a thread of its own reads, another computes the checksum, the calling one folds
};

/// A trace was refused before anything of it reached the store.
class NothingTaken : public Error {
 public:
  using Error::Error;
};

/// Reads one trace into the store.
/// Throws Error when there is nothing of virtio in it, or only of the other side than the user said.
SurveyedCapture importCapture(FactStore& store, const TraceInput& input, const ReadOptions& options,
                              const ReadWatch& watch);

}  // namespace descry
