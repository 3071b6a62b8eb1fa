// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "analyzer/attribute/cause_spans.hpp"
#include "analyzer/run/queue_contexts.hpp"
#include "schemas/model/ids.hpp"

namespace descry {

/// One chain of an analysed case, with its life as the analysis saw it and the exact spans of its causes.
struct StoredChain {
  ChainRow row;
  std::optional<GuestHalfRow> guest;
  std::optional<HostHalfRow> host;
  ChainLife life;
  std::vector<CauseSpan> spans;  ///< sum up to the columns of `row` to the nanosecond; empty: no end was seen
};

/// Attributes stored chains once more, by the same rules and from the same facts as the analysis did, to know where in
/// a chain's life each cause lies. Any thread may call, each with a Database of its own on the same file.
class StoredChains {
 public:
  explicit StoredChains(const Database& database);

  using Take = std::function<void(const StoredChain&)>;
  /// From one chain to another of the same queue, both included, in the order of epoch and position.
  void forEach(const Database& database, const ChainId& first, const ChainId& last, const Take& take) const;
  std::optional<StoredChain> find(const Database& database, const ChainId& id) const;

 private:
  QueueContext contextOf(const Database& database, QueueId guestQueue, QueueId hostQueue) const;

  const Model m_model;
  mutable std::mutex m_mutex;
  mutable QueueContexts m_contexts;  ///< guarded by m_mutex; what it has made is never changed
};

}  // namespace descry
