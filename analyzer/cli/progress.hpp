// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace descry::cli {

/// One line of progress: a bar, the rate of events and the time that is left. `width` columns at most, `colour` with
/// ANSI codes. Rate and remaining time are left out while they cannot be known.
std::string progressLine(const std::string& step, std::optional<double> share, std::int64_t events,
                         std::chrono::duration<double> elapsed, int width, bool colour);

/// The same for another program: "progress", share or "-", events and step, between tabs.
std::string progressRecord(const std::string& step, std::optional<double> share, std::int64_t events);

/// Draws that line on stderr, again and again over itself. When stderr is not a terminal it is silent, unless
/// DESCRY_PROGRESS=lines is in the environment: then it writes records, one a line.
class ProgressBar {
 public:
  explicit ProgressBar(bool quiet);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// May be called for every batch: it draws ten times per second at most.
  void show(const std::string& step, std::optional<double> share, std::int64_t events);
  /// Takes the line away, so that something else can be printed.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool m_visible, m_colour, m_records;
  bool m_drawn = false;
  std::string m_step;
  Clock::time_point m_stepBegan, m_lastDrawn;
};

}  // namespace descry::cli
