// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "gui/data/selection.hpp"

namespace descry::gui {

/// What a list of chains can be ordered by. Key is the order in which they lie in the file.
enum class ChainOrder : std::uint8_t {
  Key,
  Total,
  Iotlb,
  Swiotlb,
  Ring,
  Notification,
  Backend,
  Unattributed,
};

constexpr ChainOrder orderOf(Cause cause) {
  return static_cast<ChainOrder>(static_cast<unsigned>(cause) + 2);
}

/// A list of chains to show row by row, without holding them: all keys of a short one, every 256th key of a long one.
/// In an order of time lost it ends after the slowest kMostSorted.
class ChainIndex {
 public:
  static constexpr std::int64_t kPage = 256;
  static constexpr std::size_t kMostKeys = 200'000, kMostSorted = 100'000;

  std::int64_t count() const { return m_count; }
  /// Chains that match; more than count() where a sorted list was cut.
  std::int64_t matches() const { return m_matches; }
  bool isComplete() const { return m_complete; }
  ChainOrder order() const { return m_order; }
  const Selection& selection() const { return m_selection; }
  /// The row of a chain, where that can be said from what is held.
  std::optional<std::int64_t> rowOf(const ChainId& key) const;

 private:
  friend class ChainIndexBuilder;
  friend struct ChainPageReader;
  friend std::vector<struct ChainRecord> readChainPage(const Database&, const Case&, const ChainIndex&, std::int64_t);
  Selection m_selection;
  ChainOrder m_order = ChainOrder::Key;
  std::int64_t m_count = 0, m_matches = 0;
  bool m_complete = false;
  std::vector<ChainId> m_keys;     ///< all, or
  std::vector<ChainId> m_anchors;  ///< the first of each page
};

/// Builds an index; `grown` is called now and then with what there is so far, and once with the whole of it.
void buildChainIndex(const Database& database, const Case& all, const Selection& selection, ChainOrder order,
                     const std::function<void(ChainIndex)>& grown);

/// A row of the table.
struct ChainRecord {
  ChainId key;
  Ns begin = 0, total = kUnseen, error = kUnseen, stock = kUnseen;
  std::array<Ns, kCauses> causes{};
  std::int64_t flags = 0;
};

/// The rows [page * kPage, (page + 1) * kPage) of a list.
std::vector<ChainRecord> readChainPage(const Database& database, const Case& all, const ChainIndex& index,
                                       std::int64_t page);

}  // namespace descry::gui
