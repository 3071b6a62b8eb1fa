// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/decode/alias_table.hpp"
#include "collector/source/reader/text_values.hpp"

namespace descry {

/// One event line of ftrace text, taken apart. All texts are parts of the line.
struct FtraceLine {
  std::int32_t tid = 0;
  std::uint16_t cpu = 0;
  Ns ns = 0;
  bool counted = false;       ///< the time is a plain number: what a clock counts that does not count nanoseconds
  Ns resolution = 1;          ///< step of the time as it is printed: 1000 for microseconds
  std::string_view fullName;  ///< group:event where the text has groups (perf), else the event alone
  std::string_view event;
  std::string_view rest;  ///< everything behind the event's name
  std::string_view lead;  ///< of that, the words before the first name=value
  TextValues values;
  std::vector<std::string_view> words;  ///< words that stand alone

  std::string_view group() const {
    return fullName.substr(0, fullName.size() - std::min(fullName.size(), event.size() + 1));
  }
  /// False when the line is not an event.
  bool parse(std::string_view line);
  /// Whether one of the names is there, in the way the format says.
  bool has(const NamedValue& source) const {
    return source.format >= ValueFormat::Flag || findValue(values, source) != nullptr;
  }
  /// The number of the first of the names that is there; nothing when none is, or when it is not a number.
  std::optional<std::uint64_t> number(const NamedValue& source) const;
  std::string_view text(const NamedValue& source) const;

 private:
  bool parseTime(std::string_view& left);
  bool parseName(std::string_view left);
  void parseValues();
  void parseSched();
};

/// Whether the line has the columns that an event begins with: a task and a CPU.
bool beginsFtraceEvent(std::string_view line);

/// "CPU:1 [LOST 36190 EVENTS]", "CPU:1 [36190 EVENTS DROPPED]", "CPU:1 [EVENTS DROPPED]".
struct FtraceLoss {
  std::uint64_t cpu = 0;
  std::int64_t count = -1;  ///< -1: unknown

  /// `line` without the blanks in front.
  static std::optional<FtraceLoss> parse(std::string_view line);
};

}  // namespace descry
