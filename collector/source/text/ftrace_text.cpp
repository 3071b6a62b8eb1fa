// SPDX-License-Identifier: GPL-2.0-or-later
// ftrace's text: /sys/kernel/tracing/trace, trace_pipe, `trace-cmd report`. A fallback for what people paste, so it is
// read as a whole and sorted: dumps of several CPUs one after the other are common.
#include "collector/source/text/ftrace_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "collector/source/reader/cpu_losses.hpp"
#include "collector/source/reader/qemu_line.hpp"
#include "collector/source/reader/source_format.hpp"
#include "collector/source/reader/text_events.hpp"
#include "collector/source/text/ftrace_line.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

/// What stands behind the name of a print event.
const NamedValue kWholeText{{"buf"}, ValueFormat::Rest};

class FtraceTextSource final : public Source {
 public:
  FtraceTextSource(std::string text, TraceInfo info) : m_text(std::move(text)), m_info(std::move(info)) {}

  bool read(Batch& batch) override;
  const TraceInfo& info() const override { return m_info; }
  std::optional<double> progress() const override {
    if (!m_parsed) return 0.0;
    return m_all.events.empty() ? 1.0 : static_cast<double>(m_next) / static_cast<double>(m_all.events.size());
  }

 private:
  void parse();
  void parseLine(std::string_view line);
  void parseHeader(std::string_view line);
  void take(const FtraceLine& line);

  std::string m_text;
  TraceInfo m_info;
  TextEvents m_events;
  Batch m_all;  ///< everything, sorted by time
  std::size_t m_next = 0;
  bool m_parsed = false;
  CpuLosses m_losses;
  std::map<std::uint64_t, std::int64_t> m_missedBeforeNext;
  std::map<std::uint64_t, Ns> m_firstOfCpu;
  std::int64_t m_overwritten = 0;
  FtraceLine m_line;
  QemuLine m_qemuLine;
};

/// "# entries-in-buffer/entries-written: 140080/250280   #P:4": what is not in the buffer any more was overwritten.
void FtraceTextSource::parseHeader(std::string_view line) {
  constexpr std::string_view label = "entries-in-buffer/entries-written:";
  const std::size_t at = line.find(label);
  if (at == std::string_view::npos) return;
  std::string_view numbers = line.substr(at + label.size());
  numbers.remove_prefix(std::min(numbers.find_first_not_of(' '), numbers.size()));
  std::int64_t inBuffer = 0, written = 0;
  const auto [slash, error] = std::from_chars(numbers.data(), numbers.data() + numbers.size(), inBuffer);
  if (error != std::errc{} || slash == numbers.data() + numbers.size() || *slash != '/') return;
  if (std::from_chars(slash + 1, numbers.data() + numbers.size(), written).ec == std::errc{})
    m_overwritten += std::max<std::int64_t>(0, written - inBuffer);
}

void FtraceTextSource::parseLine(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return;
  if (line[first] == '#') return parseHeader(line);
  if (const auto loss = FtraceLoss::parse(line)) {
    std::int64_t& missed = m_missedBeforeNext[loss->cpu];
    missed = loss->count < 0 || missed < 0 ? -1 : missed + loss->count;
    return;
  }
  if (m_line.parse(line)) return take(m_line);
  const std::string_view text = line.substr(first);
  // trace-cmd's own lines, and the call chains that the kernel prints under an event
  for (const std::string_view known : {"cpus=", "version =", "CPU ", "=>", "<stack trace>"})
    if (text.starts_with(known)) return;
  m_all.anomalies.push_back(
      {"unreadable-line", m_info.last.value_or(0), fmt::format("not an ftrace event: {}", text.substr(0, 80))});
}

void FtraceTextSource::take(const FtraceLine& line) {
  const auto missed = m_missedBeforeNext.find(line.cpu);
  m_losses.at(line.cpu, line.ns, missed == m_missedBeforeNext.end() ? 0 : missed->second);
  if (missed != m_missedBeforeNext.end()) m_missedBeforeNext.erase(missed);
  m_firstOfCpu.try_emplace(line.cpu, line.ns);
  m_info.first = std::min(m_info.first.value_or(line.ns), line.ns);
  m_info.last = std::max(m_info.last.value_or(line.ns), line.ns);

  // QEMU's ftrace backend writes its events into trace_marker.
  if (line.event == "tracing_mark_write" || line.event == "print") {
    if (m_qemuLine.parseEvent(line.text(kWholeText)) && m_qemuLine.isKnown()) {
      m_qemuLine.ns = line.ns;
      m_qemuLine.tid = line.tid;
      m_qemuLine.cpu = line.cpu;
      return m_events.take(QemuLine::kGroup, m_qemuLine, m_all);
    }
  }
  m_events.take({}, line, m_all);
}

void FtraceTextSource::parse() {
  m_parsed = true;
  std::string_view left = m_text;
  // Every tool ends its last line; without that its last number may be cut.
  const bool cut = !left.ends_with('\n');
  if (cut) left = left.substr(0, left.rfind('\n') + 1);
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    parseLine(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  if (!m_info.first) throw Error(fmt::format("{}: no event in this ftrace text, only headers", m_info.path.string()));
  m_events.writeCounts(m_info);
  std::stable_sort(m_all.events.begin(), m_all.events.end(),
                   [](const Event& a, const Event& b) { return a.ns < b.ns; });
  m_losses.moveTo(m_all.losses, *m_info.first);
  if (cut)
    m_all.losses.push_back(
        {*m_info.last, *m_info.last, -1, "truncated", "the text breaks off inside a line, which was ignored"});
  if (m_overwritten > 0) {
    // Each CPU's buffer is whole from its own first event on.
    LossRange loss{*m_info.first, *m_info.first, m_overwritten, "overwritten", {}};
    for (const auto& [cpu, ns] : m_firstOfCpu) loss.end = std::max(loss.end, ns);
    loss.detail = fmt::format("the header of the trace says that {} events were overwritten", m_overwritten);
    m_all.losses.push_back(std::move(loss));
  }
  m_text = {};
}

bool FtraceTextSource::read(Batch& batch) {
  batch.clear();
  const bool starts = !m_parsed;
  if (starts) {
    parse();
    batch.losses = std::move(m_all.losses);
    batch.anomalies = std::move(m_all.anomalies);
  }
  const std::size_t end = std::min(m_next + kBatchEvents, m_all.events.size());
  for (; m_next < end; ++m_next) {
    Event& event = batch.events.emplace_back(m_all.events[m_next]);
    if (event.text == 0) continue;
    batch.texts.push_back(std::move(m_all.texts[event.text - 1]));
    event.text = static_cast<std::uint32_t>(batch.texts.size());
  }
  return starts || !batch.events.empty();
}

}  // namespace

bool looksLikeFtraceText(const fs::path& path) {
  const std::string start = firstBytes(path, 65536);
  if (start.find('\0') != std::string::npos) return false;
  FtraceLine line;
  std::string_view left = start;
  bool header = false;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::string_view text = left.substr(0, end);
    header = header || text.starts_with("# tracer:");
    if (header || line.parse(text)) return true;
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return false;
}

std::unique_ptr<Source> openFtraceText(const fs::path& path, CtfReader) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad() || !file) throw Error(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  TraceInfo info;
  info.path = path;
  info.source = "ftrace_text";
  info.tool = "ftrace text";
  return readFtraceText(std::move(text), std::move(info));
}

std::unique_ptr<Source> readFtraceText(std::string text, TraceInfo info) {
  return std::make_unique<FtraceTextSource>(std::move(text), std::move(info));
}

}  // namespace descry
