// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/page/page.hpp"
#include "schemas/condition/condition.hpp"
#include "schemas/model/points.hpp"
#include "schemas/store/database.hpp"

namespace descry {

/// Something that happened to a chain, in words.
struct StoryStep {
  Ns at = 0;          ///< from the start of the chain
  bool host = false;  ///< seen on the host
  std::string text;
};

/// The life of one chain as sentences, each with its numbers.
struct Story {
  std::string title;                    ///< which chain, how long, against the others of its queue
  std::vector<std::string> paragraphs;  ///< what is special about it, most important first
  std::vector<StoryStep> steps;         ///< in the order of time
  std::string sql;                      ///< shows the row of chain_view
};

/// The stuck chains that meet the condition, the oldest first, then the slowest complete ones; at most `count`.
std::vector<Story> tellStories(const Database& database, const Condition& condition, std::int64_t count);

Page storyPage(const std::vector<Story>& stories);

}  // namespace descry
