// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/decode/alias_table.hpp"
#include "collector/source/reader/text_values.hpp"

namespace descry {

/// One trace event as QEMU prints it, "virtqueue_pop vq 0x7f00 elem 0x55d0 in_num 2 out_num 1", taken apart. All texts
/// are parts of the line.
struct QemuLine {
  /// The group of schemas/sql/aliases.txt that has QEMU's events.
  static constexpr std::string_view kGroup = "qemu";

  std::int32_t tid = 0;
  std::uint16_t cpu = 0;
  Ns ns = 0;
  bool timed = false;  ///< the line begins with a time
  std::string_view event;
  std::string_view rest;  ///< everything behind the event's name
  TextValues values;

  /// A line of the log backend: "thread@seconds.microseconds:event ..." or "2026-01-31T23:59:59.123456Z qemu: event
  /// ...", or without a time. False when no event name stands where it should; one that stands there may be unknown.
  bool parse(std::string_view line);
  /// The event without time and thread: what QEMU's ftrace backend writes into trace_marker.
  bool parseEvent(std::string_view text);
  /// Whether it is one of QEMU's events with the numbers that it needs.
  bool isKnown() const;

  bool has(const NamedValue& source) const { return findValue(values, source) != nullptr; }
  std::optional<std::uint64_t> number(const NamedValue& source) const;
  std::string_view text(const NamedValue& source) const;

 private:
  bool parseStamp(std::string_view& left);
  bool parseDate(std::string_view& left);
};

}  // namespace descry
