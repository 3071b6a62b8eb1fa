// SPDX-License-Identifier: GPL-2.0-or-later
// QEMU's log backend: one line per event, written by the thread that the event happened in. The time is read before the
// log is locked, so lines of two threads may stand in the wrong order; they are sorted within a window.
#include "collector/source/qemu_log/qemu_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "collector/source/reader/clock_steps.hpp"
#include "collector/source/reader/qemu_line.hpp"
#include "collector/source/reader/text_events.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/line.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

constexpr Ns kMicrosecond = 1000;
// A thread may be interrupted between reading the time and writing the line. A wall clock is set back by more.
constexpr Ns kSmallestStep = 100'000'000;
constexpr std::size_t kSniffed = 65536;

class QemuLogSource final : public Source {
 public:
  explicit QemuLogSource(const fs::path& path) : m_file(path, std::ios::binary) {
    if (!m_file) throw Error(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
    std::error_code error;
    m_size = fs::file_size(path, error);
    m_info.path = path;
    m_info.source = "qemu_log";
    m_info.tool = "QEMU's trace log";
    m_info.clock = "realtime";
    m_info.clockEpochNs = 0;
    m_info.resolution = kMicrosecond;
  }

  bool read(Batch& batch) override;
  const TraceInfo& info() const override { return m_info; }
  std::optional<double> progress() const override {
    return m_size == 0 ? 1.0 : std::min(1.0, static_cast<double>(m_done) / static_cast<double>(m_size));
  }

 private:
  void fill();
  void take();
  void endOfFile(bool cut);
  void handOn(std::size_t count, Batch& batch);

  std::ifstream m_file;
  std::uintmax_t m_size = 0, m_done = 0;
  TraceInfo m_info;
  TextEvents m_events;
  QemuLine m_line;
  Batch m_window;  ///< events that were read and not handed on, with what was noticed
  ClockSteps m_steps{kSmallestStep};
  Ns m_latest = 0, m_handedOn = 0;
  std::int64_t m_untimed = 0;
  bool m_ended = false;
};

void QemuLogSource::take() {
  if (!m_line.timed) {
    if (!m_line.isKnown()) return;  // what QEMU writes into its log besides
    if (++m_untimed == 1)
      m_window.anomalies.push_back({"unreadable-line", m_info.last.value_or(0),
                                    fmt::format("an event without a time: {}{}", m_line.event, m_line.rest)});
    return;
  }
  m_line.ns = m_steps.rebased(this, m_line.ns, m_latest);
  if (m_line.ns < m_latest - kSmallestStep)
    m_line.ns = m_steps.wentBack(this, m_line.ns, m_latest, m_info.clock, m_window);
  m_latest = std::max(m_latest, m_line.ns);
  m_info.first = std::min(m_info.first.value_or(m_line.ns), m_line.ns);
  m_info.last = m_latest;
  m_info.heard.note(m_latest);
  m_events.take(QemuLine::kGroup, m_line, m_window);
}

/// Reads until two batches wait.
void QemuLogSource::fill() {
  std::string line;
  while (!m_ended && m_window.events.size() < 2 * kBatchEvents) {
    if (!std::getline(m_file, line)) return endOfFile(false);
    m_done += line.size() + 1;
    // QEMU ends every line; without that the last number may be cut.
    if (m_file.eof()) return endOfFile(true);
    if (m_line.parse(line)) take();
  }
}

void QemuLogSource::endOfFile(bool cut) {
  m_ended = true;
  if (m_file.bad()) throw Error(fmt::format("{}: cannot be read: {}", m_info.path.string(), std::strerror(errno)));
  if (!m_info.first)
    throw Error(m_info.path.string() +
                (m_untimed > 0
                     ? ": QEMU's trace events without times; run QEMU with `-msg timestamp=on` (the log backend "
                       "writes times only then), or with `-trace` and its LTTng or ftrace backend"
                     : ": no whole event in this log of QEMU"));
  if (cut)
    m_window.losses.push_back(
        {*m_info.last, *m_info.last, -1, "truncated", "the log breaks off inside a line, which was ignored"});
  m_events.writeCounts(m_info);
}

void QemuLogSource::handOn(std::size_t count, Batch& batch) {
  auto& waiting = m_window.events;
  std::stable_sort(waiting.begin(), waiting.end(), [](const Event& a, const Event& b) { return a.ns < b.ns; });
  batch.events.assign(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
  waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count));
  batch.losses = std::move(m_window.losses);
  batch.anomalies = std::move(m_window.anomalies);
  m_window.losses.clear();
  m_window.anomalies.clear();
  for (Event& event : batch.events) {
    if (event.ns < m_handedOn) event.ns = turnBack(event.ns, m_handedOn, batch);
    m_handedOn = event.ns;
  }
}

bool QemuLogSource::read(Batch& batch) {
  batch.clear();
  fill();
  const std::size_t waiting = m_window.events.size();
  handOn(m_ended ? std::min(waiting, kBatchEvents) : kBatchEvents, batch);
  return !batch.events.empty() || !batch.losses.empty() || !batch.anomalies.empty();
}

}  // namespace

/// True for a file one of whose first lines is such an event. Without times only whole known events count, so that a
/// text about QEMU is not taken for its log.
bool looksLikeQemuLog(const fs::path& path) {
  const std::string start = firstBytes(path, kSniffed);
  if (start.find('\0') != std::string::npos) return false;
  QemuLine line;
  std::string_view left = start;
  while (!left.empty())
    if (line.parse(takeLine(left)) && line.isKnown()) return true;
  return false;
}

std::unique_ptr<Source> openQemuLog(const fs::path& path, CtfReader) {
  return std::make_unique<QemuLogSource>(path);
}

}  // namespace descry
