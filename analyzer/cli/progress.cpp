// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "analyzer/cli/cli.hpp"

namespace descry::cli {

namespace {

constexpr int kBar = 20;
bool wantsRecords() {
  const char* value = std::getenv("DESCRY_PROGRESS");
  return value != nullptr && std::string_view(value) == "lines";
}

constexpr std::string_view kEraseLine = "\r\033[K";

std::string shortCount(double value) {
  if (value >= 1e6) return fmt::format("{:.1f} M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.0f} k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

std::string shortTime(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

std::string bar(double share, bool colour) {
  const int full = static_cast<int>(share * kBar);
  return fmt::format("[{}{:#<{}}{}{: <{}}] {:3.0f} %", colour ? "\033[32m" : "", "", full, colour ? "\033[0m" : "", "",
                     kBar - full, share * 100);
}

/// The end of a path says more than its beginning.
std::string shortened(const std::string& text, std::size_t width) {
  constexpr std::size_t kLeast = 12;
  width = std::max(width, kLeast);
  return text.size() <= width ? text : "..." + text.substr(text.size() - width + 3);
}

}  // namespace

std::string progressLine(const std::string& step, std::optional<double> share, std::int64_t events,
                         std::chrono::duration<double> elapsed, int width, bool colour) {
  constexpr double kEnoughSeconds = 0.5;  // before that a rate is noise
  std::string numbers;
  std::size_t invisible = 0;
  if (share) {
    const double known = std::clamp(*share, 0.0, 1.0);
    numbers += "  " + bar(known, colour);
    invisible = bar(known, colour).size() - bar(known, false).size();
  }
  const double seconds = elapsed.count();
  if (events > 0 && seconds >= kEnoughSeconds)
    numbers += fmt::format("  {} events/s", shortCount(static_cast<double>(events) / seconds));
  if (share && *share > 0.01 && *share < 1 && seconds >= kEnoughSeconds)
    numbers += fmt::format("  ETA {}", shortTime(seconds * (1 - *share) / *share));
  const auto taken = numbers.size() - invisible;
  const auto room = static_cast<std::size_t>(std::max(width - 1, 0));
  return shortened(step, room > taken ? room - taken : 0) + numbers;
}

std::string progressRecord(const std::string& step, std::optional<double> share, std::int64_t events) {
  return fmt::format("progress\t{}\t{}\t{}", share ? fmt::format("{:.4f}", *share) : "-", events, step);
}

ProgressBar::ProgressBar(bool quiet)
    : m_visible(!quiet && isTerminal(STDERR_FILENO)),
      m_colour(mayColour(STDERR_FILENO)),
      m_records(!quiet && !m_visible && wantsRecords()) {}

void ProgressBar::show(const std::string& step, std::optional<double> share, std::int64_t events) {
  using namespace std::chrono_literals;
  if (!m_visible && !m_records) return;
  const auto now = Clock::now();
  if (step != m_step) {
    m_step = step;
    m_stepBegan = now;
  } else if (now - m_lastDrawn < 100ms) {
    return;
  }
  m_lastDrawn = now;
  if (m_records) {
    fmt::print(stderr, "{}\n", progressRecord(step, share, events));
    std::fflush(stderr);
    return;
  }
  m_drawn = true;
  const std::string line = progressLine(step, share, events, now - m_stepBegan, terminalWidth(STDERR_FILENO), m_colour);
  fmt::print(stderr, "{}{}", kEraseLine, line);
  std::fflush(stderr);
}

void ProgressBar::clear() {
  if (!m_drawn) return;
  fmt::print(stderr, "{}", kEraseLine);
  std::fflush(stderr);
  m_drawn = false;
}

}  // namespace descry::cli
