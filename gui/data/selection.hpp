// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gui/data/case.hpp"
#include "schemas/condition/condition.hpp"

namespace descry::gui {

enum class SideFilter : std::uint8_t { Both, Guest, Host };

/// What all views look at. Every part narrows the rest; nothing set means everything.
struct Selection {
  std::optional<TimeRange> time;       ///< of the chains' begins
  std::set<QueueId> queues;            ///< QueueInfo::queueId; empty: all
  std::uint32_t causes = 0;            ///< bits of Cause: chains that lost time to one of them; 0: any
  std::optional<TimeRange> latency;    ///< ns, half-open
  SideFilter side = SideFilter::Both;  ///< chains of which this side was seen
  std::string expression;              ///< a Condition
  ChainId chain;                       ///< the one that is looked at; narrows nothing

  bool narrows() const;
  bool hasQueue(QueueId queueId) const { return queues.empty() || queues.contains(queueId); }
  bool hasCause(Cause cause) const { return causes == 0 || (causes >> static_cast<unsigned>(cause) & 1) != 0; }
  /// Parts that narrow, without the chain.
  bool sameChains(const Selection& other) const;
  bool operator==(const Selection&) const = default;
};

/// Back and forward through selections, like a browser's.
class SelectionHistory {
 public:
  const Selection& current() const { return m_steps[m_at]; }
  /// False when it is the current one already.
  bool push(const Selection& selection);
  bool back();
  bool forward();
  bool canGoBack() const { return m_at > 0; }
  std::size_t place() const { return m_at; }
  bool canGoForward() const { return m_at + 1 < m_steps.size(); }

 private:
  static constexpr std::size_t kMost = 200;
  std::vector<Selection> m_steps{1};
  std::size_t m_at = 0;
};

/// One chain of a scan.
struct ChainFact {
  ChainId key;
  Ns begin = 0;  ///< on the axis
  Ns total = 0;  ///< kUnseen: incomplete
  Ns induced = 0;
  std::array<Ns, kCauses> causes{};
  std::int64_t flags = 0;
};

/// Visits the chains of a selection, queue by queue in the order of their keys, until `visit` returns false. Of a time
/// range only the stretch of each queue is read that the pyramid names. Throws ConditionError.
void scanChains(const Database& database, const Case& all, const Selection& selection,
                const std::function<bool(const ChainFact&)>& visit);

/// The same from one chain on: of its queue only the chains from that key.
void scanChainsFrom(const Database& database, const Case& all, const Selection& selection, const ChainId& from,
                    const std::function<bool(const ChainFact&)>& visit);

}  // namespace descry::gui
