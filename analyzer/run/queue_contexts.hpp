// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <utility>

#include "analyzer/attribute/chain_life.hpp"
#include "analyzer/pair/model.hpp"

namespace descry {

/// What is known of each pair of queues before looking at their chains, from the facts alone: made when it is first
/// asked for. The one way to a QueueContext, for the analysis and for who looks at a chain later.
class QueueContexts {
 public:
  explicit QueueContexts(const Model& model) : m_model(model) {}

  /// 0: this side was not seen. The context points into this object.
  QueueContext of(const Database& database, std::int64_t guestQueue, std::int64_t hostQueue);

 private:
  const StallIndex* stallsOf(const Database& database, std::int64_t hostQueue);

  const Model& m_model;
  std::map<std::int64_t, StallIndex> m_stalls;  ///< by host queue
};

}  // namespace descry
