// SPDX-License-Identifier: GPL-2.0-or-later
// trace.dat through libtracecmd, versions 6 and 7, either byte order. CPUs are merged here by time.
#include "collector/source/trace_dat/trace_dat.hpp"

#include <fmt/format.h>
#include <sched.h>
// trace-cmd.h includes tracefs.h, of which it uses nothing and which is not valid C++ in Debian 12: its guard keeps it
// out.
#define _TRACE_FS_H
#include <trace-cmd/trace-cmd.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <set>
#include <utility>
#include <vector>

#include "collector/source/reader/cpu_losses.hpp"
#include "collector/source/reader/in_child.hpp"
#include "collector/source/reader/library_leaks.hpp"
#include "collector/source/reader/source_format.hpp"
#include "collector/source/text/ftrace_text.hpp"
#include "collector/source/trace_dat/trace_dat_binding.hpp"
#include "collector/source/trace_dat/trace_dat_check.hpp"
#include "collector/source/trace_dat/trace_dat_repair.hpp"
#include "schemas/model/error.hpp"

extern "C" {
// Exported by libtracecmd but not in its public header: used when there.
[[gnu::weak]] const char* tracecmd_get_trace_clock(tracecmd_input* handle);
[[gnu::weak]] const char* tracecmd_get_uname(tracecmd_input* handle);
[[gnu::weak]] const char* tracecmd_get_version(tracecmd_input* handle);
[[gnu::weak]] tep_record* tracecmd_read_cpu_last(tracecmd_input* handle, int cpu);
[[gnu::weak]] unsigned long long tracecmd_page_ts(tracecmd_input* handle, tep_record* record);
[[gnu::weak]] void tracecmd_set_ts_offset(tracecmd_input* handle, unsigned long long offset);
[[gnu::weak]] int tracecmd_latency_data_read(tracecmd_input* handle, char** buffer, std::size_t* size);
}

namespace descry {

namespace fs = std::filesystem;

namespace {

struct CloseInput {
  void operator()(tracecmd_input* handle) const noexcept { tracecmd_close(handle); }
};
using Input = std::unique_ptr<tracecmd_input, CloseInput>;
struct FreeRecord {
  void operator()(tep_record* record) const noexcept { tracecmd_free_record(record); }
};
using Record = std::unique_ptr<tep_record, FreeRecord>;

/// One CPU of one buffer and the record it stands at.
struct CpuStream {
  tracecmd_input* input = nullptr;
  int cpu = 0;
  Record record;
};

bool later(const CpuStream& a, const CpuStream& b) {
  return a.record->ts != b.record->ts ? a.record->ts > b.record->ts : a.cpu > b.cpu;
}

Input openInput(const fs::path& path) {
  const LibraryLeaks ignored;
  tracecmd_set_loglevel(TEP_LOG_NONE);
  tep_set_loglevel(TEP_LOG_NONE);
  return Input(tracecmd_open(path.c_str(), TRACECMD_FL_LOAD_NO_PLUGINS));
}

class TraceDatSource final : public Source {
 public:
  /// Main: without the buffers of instances, because their tables are damaged.
  enum class Buffers : std::uint8_t { All, Main };

  TraceDatSource(const fs::path& path, Input input, std::unique_ptr<RepairedTraceDat> repaired, Buffers buffers)
      : m_repaired(std::move(repaired)),
        m_input(std::move(input)),
        m_tep(tracecmd_get_tep(m_input.get())),
        m_buffers(buffers) {
    m_info.path = path;
    m_info.source = "trace_dat";
    m_swapped = tep_is_file_bigendian(m_tep) != (std::endian::native == std::endian::big);
    describe();
    declareEvents();
    openCpus(m_input.get());
    for (int i = 0; buffers == Buffers::All && i < tracecmd_buffer_instances(m_input.get()); ++i)
      if (Input instance(tracecmd_buffer_instance_handle(m_input.get(), i)); instance) {
        openCpus(instance.get());
        m_instances.push_back(std::move(instance));
      }
    std::make_heap(m_heap.begin(), m_heap.end(), later);
    if (!m_heap.empty()) m_info.first = static_cast<Ns>(m_heap.front().record->ts);
    static const std::set<std::string, std::less<>> notNs = {"counter", "uptime", "x86-tsc", "ppc-tb", "s390-tod"};
    m_info.ticks = m_info.clock && notNs.contains(*m_info.clock) && !libraryConverts();
  }

  bool read(Batch& batch) override;
  const TraceInfo& info() const override { return m_info; }
  Piece piece() const;
  std::optional<double> progress() const override {
    if (!m_info.first || !m_info.last || m_end <= *m_info.first) return {};
    return std::clamp(static_cast<double>(*m_info.last - *m_info.first) / static_cast<double>(m_end - *m_info.first),
                      0.0, 1.0);
  }

 private:
  void describe();
  bool libraryConverts() const;
  void declareEvents();
  void openCpus(tracecmd_input* input);
  RecordBinding* bindingOf(int id);
  void decode(const CpuStream& stream, Batch& batch);
  void finish(Batch& batch);

  TraceInfo m_info;
  EventTypes m_types;
  std::unique_ptr<RepairedTraceDat> m_repaired;
  Input m_input;
  std::vector<Input> m_instances;
  tep_handle* m_tep;
  Buffers m_buffers;
  bool m_swapped = false, m_ended = false, m_clockReported = false;
  std::vector<std::unique_ptr<RecordBinding>> m_bindings;  ///< by event id
  std::vector<CpuStream> m_heap;                           ///< earliest record on top
  CpuLosses m_losses;
  Ns m_end = 0;
};

void TraceDatSource::describe() {
  const auto text = [](const char* value) {
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
  };
  if (tracecmd_get_trace_clock != nullptr) m_info.clock = text(tracecmd_get_trace_clock(m_input.get()));
  if (tracecmd_get_uname != nullptr) m_info.kernel = text(tracecmd_get_uname(m_input.get()));
  m_info.tool = "trace-cmd";
  if (tracecmd_get_version != nullptr)
    if (const auto version = text(tracecmd_get_version(m_input.get()))) m_info.tool = "trace-cmd " + *version;
  if (!m_info.kernel) return;
  // uname -a: system, node name, release ...
  const std::size_t begin = m_info.kernel->find(' ');
  const std::size_t end = m_info.kernel->find(' ', begin + 1);
  if (begin == std::string::npos || end == std::string::npos) return;
  const std::string node = m_info.kernel->substr(begin + 1, end - begin - 1);
  if (node != "(none)") m_info.hostName = node;
}

/// With the option TSC2NSEC the library turns ticks into nanoseconds. Then the first record of a page is not where the
/// page, which nothing converts, says that it begins. A date that the file adds to all times is left out of this.
bool TraceDatSource::libraryConverts() const {
  constexpr unsigned long long kTolerance = 128;  // part of the time of a page that may lie before its first record
  if (tracecmd_page_ts == nullptr || tracecmd_set_ts_offset == nullptr || m_heap.empty()) return false;
  const Input input = openInput(m_repaired ? m_repaired->path() : m_info.path);
  if (!input) return false;
  tracecmd_set_ts_offset(input.get(), 0);
  const int cpus = tep_get_cpus(tracecmd_get_tep(input.get()));
  for (int cpu = 0; cpu < cpus; ++cpu)
    if (const Record first(tracecmd_read_cpu_first(input.get(), cpu)); first) {
      const unsigned long long page = tracecmd_page_ts(input.get(), first.get());
      return first->ts < page || first->ts - page > page / kTolerance;
    }
  return false;
}

/// What the head of the file says, with the times of its first and last record.
Piece TraceDatSource::piece() const {
  Piece piece{m_info.kernel.value_or(""), m_info.clock.value_or(""), m_info.first, m_info.first, {}, {}};
  if (m_info.first) piece.last = std::max(*m_info.first, m_end);
  if (const auto id = tracecmd_get_traceid(m_input.get()); id != 0) piece.marks.insert(fmt::format("{:x}", id));
  return piece;
}

void TraceDatSource::declareEvents() {
  tep_event** events = tep_list_events(m_tep, TEP_EVENT_SORT_ID);
  for (; events != nullptr && *events != nullptr; ++events)
    // The formats of group ftrace are in every file, whether or not something could write them.
    if (std::string_view((*events)->system) != "ftrace") bindingOf((*events)->id);
}

void TraceDatSource::openCpus(tracecmd_input* input) {
  const int cpus = tep_get_cpus(tracecmd_get_tep(input));
  for (int cpu = 0; cpu < cpus; ++cpu) {
    if (tracecmd_read_cpu_last != nullptr)
      if (const Record last(tracecmd_read_cpu_last(input, cpu)); last)
        m_end = std::max(m_end, static_cast<Ns>(last->ts));
    if (Record first(tracecmd_read_cpu_first(input, cpu)); first) m_heap.push_back({input, cpu, std::move(first)});
  }
}

RecordBinding* TraceDatSource::bindingOf(int id) {
  const auto index = static_cast<std::size_t>(id);
  if (index < m_bindings.size() && m_bindings[index]) return m_bindings[index].get();
  const tep_event* event = id < 0 || id > 0xffff ? nullptr : tep_find_event(m_tep, id);
  if (event == nullptr) return nullptr;
  if (index >= m_bindings.size()) m_bindings.resize(index + 1);
  m_bindings[index] = std::make_unique<RecordBinding>(*event, m_types);
  return m_bindings[index].get();
}

void TraceDatSource::decode(const CpuStream& stream, Batch& batch) {
  tep_record& record = *stream.record;
  auto ns = static_cast<Ns>(record.ts);
  if (m_info.last && ns < *m_info.last) [[unlikely]]
    ns = turnBack(ns, *m_info.last, batch);
  m_info.last = ns;
  m_info.heard.note(ns);
  // Buffers of one file lose events independently of each other, so their CPUs are told apart here.
  const auto buffer = stream.input == m_input.get() ? std::uint64_t{0} : std::uint64_t{1} << 32U;
  m_losses.at(buffer | static_cast<std::uint32_t>(stream.cpu), ns, record.missed_events);
  const int id = tep_data_type(m_tep, &record);
  RecordBinding* binding = bindingOf(id);
  if (binding == nullptr) {
    batch.anomalies.push_back({"unknown-event-id", ns, fmt::format("no format for event id {}", id)});
    return;
  }
  binding->decode(
      {static_cast<const char*>(record.data), static_cast<std::size_t>(std::max(record.size, 0)), m_swapped}, ns,
      tep_data_pid(m_tep, &record), static_cast<std::uint16_t>(stream.cpu), batch);
}

bool TraceDatSource::read(Batch& batch) {
  batch.clear();
  if (m_ended) return false;
  if (!m_clockReported) {
    m_clockReported = true;
    if (m_info.ticks)
      batch.anomalies.push_back(clockNotNs(m_info.first.value_or(0), fmt::format("it is `{}`", *m_info.clock)));
  }
  for (std::size_t steps = 0; steps < 8 * kBatchEvents && batch.events.size() < kBatchEvents && !m_heap.empty();
       ++steps) {
    std::pop_heap(m_heap.begin(), m_heap.end(), later);
    CpuStream& stream = m_heap.back();
    decode(stream, batch);
    stream.record.reset(tracecmd_read_data(stream.input, stream.cpu));
    if (stream.record)
      std::push_heap(m_heap.begin(), m_heap.end(), later);
    else
      m_heap.pop_back();
  }
  if (m_info.first) m_losses.moveTo(batch.losses, *m_info.first);
  m_ended = m_heap.empty();
  if (m_ended) finish(batch);
  return !m_ended || !batch.events.empty() || !batch.losses.empty() || !batch.anomalies.empty();
}

void TraceDatSource::finish(Batch& batch) {
  m_types.writeCounts(m_info);
  if (m_buffers == Buffers::Main && m_info.first)
    batch.losses.push_back({*m_info.first, *m_info.last, -1, "truncated",
                            "the file is cut or damaged: the buffers of its instances cannot be read"});
  if (!m_repaired) return;
  if (!m_info.first)
    throw Error(fmt::format("{}: this trace-cmd file is cut: {} bytes, {} expected, and none of its events is left",
                            m_info.path.string(), m_repaired->found(), m_repaired->expected()));
  for (const int cpu : m_repaired->cutCpus()) {
    LossRange loss;
    loss.begin = m_losses.last(static_cast<std::uint64_t>(cpu)).value_or(*m_info.first);
    loss.end = std::max(loss.begin, *m_info.last);
    loss.reason = "truncated";
    loss.detail = fmt::format("the file is cut: {} bytes, {} expected; the data of CPU {} is not complete",
                              m_repaired->found(), m_repaired->expected(), cpu);
    batch.losses.push_back(std::move(loss));
  }
}

Input openOrRefuse(const fs::path& path, const RepairedTraceDat* repaired) {
  Input input = openInput(repaired != nullptr ? repaired->path() : path);
  if (!input)
    throw Error(
        fmt::format("{}: libtracecmd cannot read this trace-cmd file: its tables are damaged or cut, or it was "
                    "written by a newer trace-cmd; try `trace-cmd report` on it, or copy it again",
                    path.string()));
  return input;
}

/// Latency tracers make trace-cmd keep the text of the trace instead of its binary records.
std::unique_ptr<Source> openLatencyText(const fs::path& path, tracecmd_input* input) {
  if (tracecmd_latency_data_read == nullptr) return nullptr;
  char* buffer = nullptr;
  std::size_t size = 0;
  std::string text;
  for (int count = 0; (count = tracecmd_latency_data_read(input, &buffer, &size)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  std::free(buffer);
  if (text.empty()) return nullptr;
  TraceInfo info;
  info.path = path;
  info.source = "trace_dat";
  info.tool = "trace-cmd (latency format)";
  return readFtraceText(std::move(text), std::move(info));
}

/// A file that the library can be trusted with.
struct CheckedFile {
  std::unique_ptr<RepairedTraceDat> repaired;
  TraceDatSource::Buffers buffers = TraceDatSource::Buffers::All;
};

/// Opens the file in a process of its own first: what the library does with damaged tables is not known. All of a cut
/// file is read there, of others the first and last records.
CheckedFile checked(const fs::path& path) {
  using Buffers = TraceDatSource::Buffers;
  if (const std::string damage = damageOfTraceDat(path); !damage.empty())
    throw Error(fmt::format("{}: cannot be read: {}", path.string(), damage));
  CheckedFile file{RepairedTraceDat::make(path), Buffers::All};
  for (const Buffers buffers : {Buffers::All, Buffers::Main}) {
    file.buffers = buffers;
    const bool sound = survives([&] {
      Input input = openOrRefuse(path, file.repaired.get());
      if (openLatencyText(path, input.get())) return;
      TraceDatSource source(path, std::move(input), nullptr, buffers);
      for (Batch batch; file.repaired && source.read(batch);) continue;
    });
    if (sound) return file;
  }
  throw Error(
      fmt::format("{}: cannot be read: its tables are damaged or cut, so that libtracecmd would crash; copy the file "
                  "again, or record again",
                  path.string()));
}

}  // namespace

bool looksLikeTraceDat(const fs::path& path) {
  return firstBytes(path, 10) == std::string_view("\x17\x08\x44tracing", 10);
}

std::unique_ptr<Source> openTraceDat(const fs::path& path, CtfReader) {
  CheckedFile file = checked(path);
  Input input = openOrRefuse(path, file.repaired.get());
  if (auto text = openLatencyText(path, input.get())) return text;
  return std::make_unique<TraceDatSource>(path, std::move(input), std::move(file.repaired), file.buffers);
}

std::optional<Piece> traceDatPiece(const fs::path& path) {
  try {
    CheckedFile file = checked(path);
    Input input = openOrRefuse(path, file.repaired.get());
    if (openLatencyText(path, input.get())) return std::nullopt;
    return TraceDatSource(path, std::move(input), std::move(file.repaired), file.buffers).piece();
  } catch (const Error&) {
    return std::nullopt;  // opening it for the import will say why
  }
}

}  // namespace descry
