// SPDX-License-Identifier: GPL-2.0-or-later
// ftrace's text: /sys/kernel/tracing/trace, trace_pipe, `trace-cmd report`. A fallback for what people paste, so it is
// read as a whole and sorted: dumps of several CPUs one after the other are common.
#include "collector/source/text/ftrace_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <unordered_map>
#include <utility>

#include "collector/event/side.hpp"
#include "collector/source/reader/cpu_losses.hpp"
#include "collector/source/reader/qemu_line.hpp"
#include "collector/source/reader/source_format.hpp"
#include "collector/source/reader/text_events.hpp"
#include "collector/source/text/ftrace_line.hpp"
#include "collector/source/text/known_lines.hpp"
#include "collector/source/text/text_bytes.hpp"
#include "schemas/model/error.hpp"
#include "schemas/text/line.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

/// What stands behind the name of a print event.
const NamedValue kWholeText{{"buf"}, ValueFormat::Rest};

constexpr std::size_t kShown = 80;  // characters of a line in a message

/// By find(), which takes many characters at a time.
std::size_t countLines(std::string_view text) {
  std::size_t lines = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) ++lines;
  return lines;
}

/// The numbers of the events in the order of their times; nothing where they stand in it already. Events themselves are
/// not moved: each is 128 bytes, and sorting moves it once for each doubling of their number.
std::vector<std::uint32_t> orderByTime(const std::vector<Event>& events) {
  const auto earlier = [](const Event& a, const Event& b) { return a.ns < b.ns; };
  if (std::is_sorted(events.begin(), events.end(), earlier)) return {};
  std::vector<std::pair<Ns, std::uint32_t>> byTime;
  byTime.reserve(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) byTime.emplace_back(events[i].ns, static_cast<std::uint32_t>(i));
  std::sort(byTime.begin(), byTime.end());
  std::vector<std::uint32_t> order(events.size());
  std::transform(byTime.begin(), byTime.end(), order.begin(), [](const auto& entry) { return entry.second; });
  return order;
}

class FtraceTextSource final : public Source {
 public:
  FtraceTextSource(std::string text, TraceInfo info) : m_text(asUtf8(std::move(text))), m_info(std::move(info)) {}

  bool read(Batch& batch) override;
  const TraceInfo& info() const override { return m_info; }
  std::optional<double> progress() const override {
    if (!m_parsed) return 0.0;
    return m_all.events.empty() ? 1.0 : static_cast<double>(m_next) / static_cast<double>(m_all.events.size());
  }

 private:
  /// What is learnt line by line; begins again when the lines turn out to be wrapped.
  struct Read {
    TextEvents events;
    FtraceHeader header;
    CpuLosses losses;
    std::map<std::uint64_t, std::int64_t> missedBeforeNext;
    std::map<std::uint64_t, Ns> firstOfCpu;
    std::unordered_map<std::uint64_t, Ns> lastOfCpu;
    std::int64_t early = 0;  ///< lines that are older than the line of their CPU before them
    std::optional<Ns> first, last, resolution;
    HeardTimes heard;
    std::int64_t entries = 0, counted = 0, functions = 0;
    std::string unread;  ///< the first line that is not an event
    bool wrapped = false;
  };

  void parse();
  void parseLines(bool untilWrapped);
  void parseLine(std::string_view line);
  void take(const FtraceLine& line);
  void refuseEmpty() const;
  void noteClock();
  void noteOrder();
  void noteHeader();

  std::string m_text;
  TraceInfo m_info;
  Read m_read;
  Batch m_all;                         ///< everything, as it stands in the text
  std::vector<std::uint32_t> m_order;  ///< the events by time; empty where they are in that order already
  std::size_t m_next = 0;
  bool m_parsed = false;
  FtraceLine m_line;
  QemuLine m_qemuLine;
};

void FtraceTextSource::parseLine(std::string_view line) {
  std::size_t first = 0;
  while (first < line.size() && (line[first] == ' ' || line[first] == '\t' || line[first] == '\r')) ++first;
  if (first == line.size()) return;
  if (line[first] == '#' || line.substr(first).starts_with("cpus=")) m_read.lastOfCpu.clear();  // another text begins
  if (line[first] == '#') return m_read.header.read(line.substr(first));
  if (const auto loss = FtraceLoss::parse(line.substr(first))) {
    std::int64_t& missed = m_read.missedBeforeNext[loss->cpu];
    missed = loss->count < 0 || missed < 0 ? -1 : missed + loss->count;
    return;
  }
  if (m_line.parse(line)) return take(m_line);
  if (isKnownLine(line)) return;
  const std::string text(line.substr(first, kShown));
  if (m_read.unread.empty()) m_read.unread = text;
  if (m_read.header.isFunctionGraph()) {
    ++m_read.functions;
    return;
  }
  if (beginsFtraceEvent(line))
    ++m_read.entries;
  else
    m_read.wrapped |= line.find('=') != std::string_view::npos;
  m_all.anomalies.push_back({"unreadable-line", m_read.last.value_or(0), text});
}

void FtraceTextSource::take(const FtraceLine& line) {
  const auto missed = m_read.missedBeforeNext.find(line.cpu);
  m_read.losses.at(line.cpu, line.ns, missed == m_read.missedBeforeNext.end() ? 0 : missed->second);
  if (missed != m_read.missedBeforeNext.end()) m_read.missedBeforeNext.erase(missed);
  m_read.firstOfCpu.try_emplace(line.cpu, line.ns);
  const auto [before, firstLine] = m_read.lastOfCpu.try_emplace(line.cpu, line.ns);
  m_read.early += line.ns < before->second ? 1 : 0;
  before->second = line.ns;
  m_read.first = std::min(m_read.first.value_or(line.ns), line.ns);
  m_read.last = std::max(m_read.last.value_or(line.ns), line.ns);
  m_read.heard.note(line.ns);
  ++m_read.entries;
  m_read.counted += line.counted ? 1 : 0;
  m_read.resolution = std::min(m_read.resolution.value_or(line.resolution), line.resolution);

  // QEMU's ftrace backend writes its events into trace_marker.
  if (line.event == "tracing_mark_write" || line.event == "print") {
    if (m_qemuLine.parseEvent(line.text(kWholeText)) && m_qemuLine.isKnown()) {
      m_qemuLine.ns = line.ns;
      m_qemuLine.tid = line.tid;
      m_qemuLine.cpu = line.cpu;
      return m_read.events.take(QemuLine::kGroup, m_qemuLine, m_all);
    }
  }
  m_read.events.take(line.group(), line, m_all);
}

void FtraceTextSource::parseLines(bool untilWrapped) {
  // Growing would copy the events several times. What no line fills takes no memory.
  m_all.events.reserve(countLines(m_text));
  for (std::string_view left = m_text; !left.empty() && !(untilWrapped && m_read.wrapped);) parseLine(takeLine(left));
}

void FtraceTextSource::refuseEmpty() const {
  const std::string name = m_info.path.string();
  if (m_read.header.isFunctionGraph() && m_read.functions > 0)
    throw Error(
        fmt::format("{}: this is the output of the tracer function_graph, which shows calls without their "
                    "requests; record events instead: descry record --print-trace-cmd",
                    name));
  if (!m_read.unread.empty())
    throw Error(
        fmt::format("{}: none of the lines in this text is an ftrace event; the first is \"{}\"", name, m_read.unread));
  throw Error(fmt::format("{}: no event in this ftrace text, only headers", name));
}

/// The kernel prints times that have no point where the trace clock does not count nanoseconds.
void FtraceTextSource::noteClock() {
  if (m_read.counted == 0) return;
  m_info.ticks = true;
  m_all.anomalies.push_back(clockNotNs(*m_read.first, "its times have no decimal point"));
}

/// Every tool writes the lines of a CPU in their order, so where they are not, somebody moved them. Times say how most
/// of them stood, but not those of one microsecond: an add may then look as if it had ended before it began.
void FtraceTextSource::noteOrder() {
  if (m_read.early == 0) return;
  std::unordered_map<std::uint64_t, Ns> lastOfCpu;
  std::int64_t doubtful = 0;
  Ns first = 0;
  for (std::size_t i = 0; i < m_all.events.size(); ++i) {
    const Event& event = m_all.events[m_order.empty() ? i : m_order[i]];
    const auto [before, firstEvent] = lastOfCpu.try_emplace(event.cpu, event.ns);
    if (!firstEvent && before->second == event.ns && doubtful++ == 0) first = event.ns;
    before->second = event.ns;
  }
  std::string said =
      fmt::format("{} lines stand behind later ones of their CPU and were sorted by their times", m_read.early);
  if (doubtful > 0) said += fmt::format("; {} of them have the time of another, so their order is not known", doubtful);
  m_all.anomalies.push_back(
      {"lines-moved", doubtful > 0 ? first : *m_read.first, said, doubtful > 0 ? Doubt::Warning : Doubt::Info});
}

void FtraceTextSource::noteHeader() {
  const FtraceHeader& header = m_read.header;
  if (header.overwritten() > 0) {
    // Each CPU's buffer is whole from its own first event on.
    LossRange loss{*m_read.first, *m_read.first, header.overwritten(), "wrapped", {}};
    for (const auto& [cpu, ns] : m_read.firstOfCpu) loss.end = std::max(loss.end, ns);
    loss.detail = fmt::format("the header of the trace says that {} events were overwritten", loss.count);
    m_all.losses.push_back(std::move(loss));
  }
  const std::int64_t missing = header.entries() - m_read.entries;
  if (missing <= 0) return;
  LossRange loss{*m_read.last, *m_read.last, missing, "truncated", {}};
  loss.detail = fmt::format("the text holds {} of {} events: its header says how many there were", m_read.entries,
                            header.entries());
  if (header.cpus() > 1 && m_read.firstOfCpu.size() == 1)
    loss.detail += fmt::format("; if it is the file of one of {} CPUs, give those of the others too", header.cpus());
  m_all.losses.push_back(std::move(loss));
}

void FtraceTextSource::parse() {
  m_parsed = true;
  // Every tool ends its last line; without that its last number may be cut.
  const bool cut = !m_text.ends_with('\n');
  if (cut) m_text.resize(m_text.rfind('\n') + 1);
  parseLines(true);
  if (m_read.wrapped) {
    UnwrappedText whole = unwrapped(m_text);
    m_text = std::move(whole.text);
    m_read = {};
    m_all.clear();
    parseLines(false);
    m_all.anomalies.push_back({"wrapped-lines", m_read.first.value_or(0),
                               fmt::format("{} lines were wrapped; they were joined again", whole.joined),
                               Doubt::Info});
  }
  if (!m_read.first) refuseEmpty();
  m_info.first = m_read.first;
  m_info.last = m_read.last;
  m_info.heard = m_read.heard;
  m_info.resolution = *m_read.resolution;
  m_read.events.writeCounts(m_info);
  m_order = orderByTime(m_all.events);
  noteOrder();
  m_read.losses.moveTo(m_all.losses, *m_info.first);
  if (cut)
    m_all.losses.push_back(
        {*m_info.last, *m_info.last, -1, "truncated", "the text breaks off inside a line, which was ignored"});
  noteHeader();
  noteClock();
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
    Event& event = batch.events.emplace_back(m_all.events[m_order.empty() ? m_next : m_order[m_next]]);
    if (event.text == 0) continue;
    batch.texts.push_back(std::move(m_all.texts[event.text - 1]));
    event.text = static_cast<std::uint32_t>(batch.texts.size());
  }
  return starts || !batch.events.empty();
}

std::string readText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  // Until its end and not by its size: what the kernel makes up has none.
  std::string text, block(1 << 20, '\0');
  std::error_code error;
  if (fs::is_regular_file(path, error)) text.reserve(fs::file_size(path, error) + 1);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0)
    text.append(block, 0, static_cast<std::size_t>(file.gcount()));
  if (file.bad()) throw Error(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
  return text;
}

TraceInfo infoOf(const fs::path& path) {
  TraceInfo info;
  info.path = path;
  info.source = "ftrace_text";
  info.tool = "ftrace text";
  return info;
}

}  // namespace

bool looksLikeFtraceText(const fs::path& path) {
  const std::string start = asUtf8(firstBytes(path, 65536));
  if (start.find('\0') != std::string::npos) return false;
  FtraceLine line;
  std::string_view left = start;
  bool header = false;
  while (!left.empty()) {
    const std::string_view text = takeLine(left);
    header = header || text.starts_with("# tracer:");
    if (header || line.parse(text)) return true;
  }
  return false;
}

std::unique_ptr<Source> openFtraceText(const fs::path& path, CtfReader) {
  return readFtraceText(readText(path), infoOf(path));
}

std::optional<Piece> ftraceTextPiece(const fs::path& path) {
  try {
    const auto source = openFtraceText(path, CtfReader::Auto);
    Piece piece;
    for (Batch batch; source->read(batch);)
      for (const Event& event : batch.events) {
        piece.cpus.insert(event.cpu);
        if (const auto side = sideOf(event.kind); side && event.has(Field::Vq))
          piece.marks.insert(fmt::format("{} {:x}", wordOf(*side), event[Field::Vq]));
      }
    piece.first = source->info().first;
    piece.last = source->info().last;
    return piece;
  } catch (const Error&) {
    return std::nullopt;  // opening it for the import will say why
  }
}

std::unique_ptr<Source> openFtraceTexts(const std::vector<fs::path>& pieces, CtfReader) {
  std::string whole, unfinished;
  std::unordered_map<std::string, std::size_t> known;  // how often a piece before had the line
  for (const fs::path& path : pieces) {
    const std::string text = asUtf8(readText(path));
    std::unordered_map<std::string, std::size_t> here;
    whole += "#\n";  // the pieces may overlap, and a later one may come first
    for (std::string_view left = text; !left.empty();) {
      const std::size_t end = left.find('\n');
      if (end == std::string_view::npos) {
        unfinished = left;
        break;
      }
      const std::string line(left.substr(0, end + 1));
      left.remove_prefix(end + 1);
      const bool again = beginsFtraceEvent(line) && ++here[line] <= known[line];
      if (!again) whole += line;
    }
    for (const auto& [line, times] : here) known[line] = std::max(known[line], times);
  }
  return readFtraceText(whole + unfinished, infoOf(pieces.front()));
}

std::unique_ptr<Source> readFtraceText(std::string text, TraceInfo info) {
  return std::make_unique<FtraceTextSource>(std::move(text), std::move(info));
}

}  // namespace descry
