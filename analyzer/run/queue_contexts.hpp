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

  /// kNoQueue: this side was not seen. The context points into this object.
  QueueContext of(const Database& database, QueueId guestQueue, QueueId hostQueue);

 private:
  const StallIndex* stallsOf(const Database& database, QueueId hostQueue);
  const WorkerStates* workerOf(const Database& database, QueueId hostQueue);

  const KvmWays* kvmOf(const Database& database, QueueId hostQueue);

  const Model& m_model;
  std::map<QueueId, StallIndex> m_stalls;     ///< by host queue
  std::map<QueueId, WorkerStates> m_workers;  ///< by host queue
  std::map<QueueId, KvmWays> m_kvm;           ///< by host queue
};

}  // namespace descry
