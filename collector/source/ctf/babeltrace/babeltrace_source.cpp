// SPDX-License-Identifier: GPL-2.0-or-later
// CTF 1.8 through libbabeltrace2. The streams of one trace share a clock and are merged here; traces of different
// machines are never put into one graph, because Babeltrace would align their clocks without saying so.
#include "collector/source/ctf/babeltrace/babeltrace_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "collector/decode/event_types.hpp"
#include "collector/source/ctf/babeltrace/bt_events.hpp"
#include "collector/source/ctf/babeltrace/ctf_graph.hpp"
#include "collector/source/ctf/files/ctf_losses.hpp"
#include "collector/source/ctf/files/ctf_metadata.hpp"
#include "collector/source/ctf/files/ctf_tracer.hpp"
#include "collector/source/ctf/packets/packet_check.hpp"
#include "collector/source/reader/in_child.hpp"
#include "collector/source/reader/library_leaks.hpp"
#include "collector/source/reader/stream_merge.hpp"
#include "schemas/model/error.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

/// One data stream being read: the messages its iterator gave last and the event it stands at.
struct CtfStream {
  explicit CtfStream(BtIterator from) : iterator(std::move(from)) {}
  CtfStream(CtfStream&& other) noexcept
      : iterator(std::move(other.iterator)),
        messages(other.messages),
        count(std::exchange(other.count, 0)),
        next(std::exchange(other.next, 0)),
        ns(other.ns),
        last(other.last),
        cpu(other.cpu),
        awaitsEnd(std::move(other.awaitsEnd)),
        broken(std::move(other.broken)) {}
  CtfStream& operator=(CtfStream&&) = delete;
  ~CtfStream() {
    for (; next < count; ++next) bt_message_put_ref(messages[next]);
  }

  BtIterator iterator;
  bt_message_array_const messages = nullptr;
  std::uint64_t count = 0, next = 0;
  Ns ns = 0;               ///< time of the event it stands at
  std::optional<Ns> last;  ///< time of the event before
  std::uint16_t cpu = 0;
  std::optional<LossRange> awaitsEnd;  ///< a loss whose end is the next event
  std::string broken;                  ///< why nothing comes after these messages
};

/// The library would end the program.
class Unreadable : public Error {
 public:
  using Error::Error;
};

class CtfSource final : public Source, public CtfGraph::Consumer {
 public:
  explicit CtfSource(const fs::path& path) : m_bindings(m_types) {
    m_info.path = path;
    m_info.source = "ctf";
    checkCtfMetadata(path);
    m_missing = findMissingPackets(path);
    m_translated = translatedCtf(path);
    const fs::path& readable = m_translated ? m_translated->path() : path;
    m_bad = findBadPackets(path);
    if (!m_bad.empty()) {
      m_repaired = RepairedCtf::without(m_bad, readable);
      if (streamFiles(m_repaired->path()).empty())
        throw Error(fmt::format("{}: no packet of this CTF trace can be read: {}", path.string(),
                                m_repaired->damages().front()));
      open(m_repaired->path());
      return;
    }
    try {
      open(readable);
    } catch (const Unreadable&) {
      throw;
    } catch (const Error&) {
      m_repaired = RepairedCtf::make(readable);
      if (!m_repaired) throw;
      open(m_repaired->path());
    }
  }
  ~CtfSource() override { m_streams.clear(); }  // message iterators must go before the graph
  CtfSource(const CtfSource&) = delete;
  CtfSource& operator=(const CtfSource&) = delete;

  bool read(Batch& batch) override {
    batch.clear();
    if (m_ended) return false;
    m_batch = &batch;
    m_ended = !m_graph->runOnce();
    m_batch = nullptr;
    if (m_ended) finish(batch);
    return !m_ended || !batch.events.empty() || !batch.losses.empty() || !batch.anomalies.empty();
  }
  const TraceInfo& info() const override { return m_info; }
  std::optional<double> progress() const override {
    if (m_ended) return 1.0;
    const auto range = m_graph->timeRange();
    if (!range || range->second <= range->first || !m_info.last) return {};
    const auto done = static_cast<double>(*m_info.last + m_info.clockEpochNs.value_or(0) - range->first);
    return std::clamp(done / static_cast<double>(range->second - range->first), 0.0, 1.0);
  }

 private:
  void open(const fs::path& readable);
  void start(std::vector<BtIterator> iterators) override;
  bool consume() override;
  void finish(Batch& batch);

  bool advance(CtfStream& stream);
  bool fetch(CtfStream& stream);
  void handle(CtfStream& stream, const bt_message* message);
  void beginStream(const bt_stream* stream);
  void describe(const bt_trace* trace);
  void beginPacket(CtfStream& stream, const bt_packet* packet);
  void discarded(CtfStream& stream, const bt_message* message, bool packets);
  void truncate(const CtfStream& stream, std::string_view reason);

  Ns toNs(const bt_clock_snapshot* snapshot) const {
    return cyclesToNs(bt_clock_snapshot_get_value(snapshot), m_frequency);
  }

  TraceInfo m_info;
  EventTypes m_types;
  BtEvents m_bindings;
  std::uint64_t m_frequency = kSecond;
  bool m_described = false, m_ended = false;
  Batch* m_batch = nullptr;  ///< only while read() runs
  std::vector<LossRange> m_truncated;
  std::vector<MissingPackets> m_missing;
  std::vector<BadPacket> m_bad;
  std::unique_ptr<TemporaryFolder> m_translated;
  std::unique_ptr<RepairedCtf> m_repaired;
  std::unique_ptr<CtfGraph> m_graph;
  std::vector<CtfStream> m_streams;  ///< never grows after start(): the merge points into it
  StreamMerge<CtfStream> m_merge;
};

/// Reads the trace in a process of its own first: what the library does with hostile metadata or with damage between
/// sound packet headers is not known. Of a long trace the beginning is read, which has all of its metadata.
void CtfSource::open(const fs::path& readable) {
  constexpr std::size_t kCheckedEvents = 1'000'000;
  const bool sound = survives([&] {
    m_graph = std::make_unique<CtfGraph>(readable, m_info.path, *this);
    std::size_t events = 0;
    for (Batch batch; events < kCheckedEvents && read(batch);) events += batch.events.size();
  });
  if (!sound)
    throw Unreadable(fmt::format(
        "{}: cannot be read: this CTF trace is damaged, so that libbabeltrace2 would crash or not come to an "
        "end; copy the trace again, or record again",
        m_info.path.string()));
  m_graph = std::make_unique<CtfGraph>(readable, m_info.path, *this);
}

void CtfSource::start(std::vector<BtIterator> iterators) {
  m_streams.reserve(iterators.size());
  for (BtIterator& iterator : iterators) m_streams.emplace_back(std::move(iterator));
  m_merge.start(m_streams, [this](CtfStream& stream) { return advance(stream); });
}

bool CtfSource::consume() {
  const auto decode = [this](CtfStream& stream) {
    const bt_message* message = stream.messages[stream.next];
    const bt_event* event = bt_message_event_borrow_event_const(message);
    m_bindings.of(bt_event_borrow_class_const(event)).decode(BtEventFields(event), stream.ns, stream.cpu, *m_batch);
    bt_message_put_ref(message);
    ++stream.next;
  };
  m_merge.run(*m_batch, m_info, decode, [this](CtfStream& stream) { return advance(stream); });
  return !m_merge.empty();
}

/// Moves to the next event of the stream. False at its end.
bool CtfSource::advance(CtfStream& stream) {
  while (true) {
    if (stream.next == stream.count && !fetch(stream)) return false;
    const bt_message* message = stream.messages[stream.next];
    if (bt_message_get_type(message) == BT_MESSAGE_TYPE_EVENT) {
      stream.ns = toNs(bt_message_event_borrow_default_clock_snapshot_const(message));
      if (stream.awaitsEnd) [[unlikely]] {
        stream.awaitsEnd->end = stream.ns;
        m_batch->losses.push_back(*std::exchange(stream.awaitsEnd, std::nullopt));
      }
      return true;
    }
    handle(stream, message);
    bt_message_put_ref(message);
    ++stream.next;
  }
}

bool CtfSource::fetch(CtfStream& stream) {
  stream.count = stream.next = 0;
  if (stream.broken.empty()) {
    const LibraryLeaks ignored;
    const auto status = bt_message_iterator_next(stream.iterator.get(), &stream.messages, &stream.count);
    // Babeltrace 2.0 hands out the messages before a damaged place as if all were well, but leaves its error behind.
    stream.broken = takeBtError();
    if (status == BT_MESSAGE_ITERATOR_NEXT_STATUS_OK) return true;
    if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_END && stream.broken.empty()) stream.broken = "unknown error";
    stream.count = 0;
  }
  if (!stream.broken.empty()) truncate(stream, stream.broken);
  if (stream.awaitsEnd) {
    stream.awaitsEnd->end = stream.awaitsEnd->begin;
    m_batch->losses.push_back(*std::exchange(stream.awaitsEnd, std::nullopt));
  }
  return false;
}

void CtfSource::handle(CtfStream& stream, const bt_message* message) {
  switch (bt_message_get_type(message)) {
    case BT_MESSAGE_TYPE_STREAM_BEGINNING:
      return beginStream(bt_message_stream_beginning_borrow_stream_const(message));
    case BT_MESSAGE_TYPE_PACKET_BEGINNING:
      return beginPacket(stream, bt_message_packet_beginning_borrow_packet_const(message));
    case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
      return discarded(stream, message, false);
    case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
      return discarded(stream, message, true);
    default:
      return;
  }
}

void CtfSource::beginStream(const bt_stream* stream) {
  const bt_clock_class* clock = bt_stream_class_borrow_default_clock_class_const(bt_stream_borrow_class_const(stream));
  if (clock == nullptr)
    throw Error(fmt::format("{}: this CTF trace has a stream without a clock, so its events have no time",
                            m_info.path.string()));
  if (m_described) return;
  m_described = true;
  m_frequency = bt_clock_class_get_frequency(clock);
  if (const char* name = bt_clock_class_get_name(clock)) m_info.clock = name;
  std::int64_t seconds = 0;
  std::uint64_t cycles = 0;
  bt_clock_class_get_offset(clock, &seconds, &cycles);
  m_info.resolution = cyclesToNs(1, m_frequency);
  m_info.clockEpochNs = seconds * static_cast<Ns>(kSecond) + cyclesToNs(cycles, m_frequency);
  describe(bt_stream_borrow_trace_const(stream));
}

void CtfSource::describe(const bt_trace* trace) {
  describeTracer(m_info, [&](const char* name) -> std::optional<std::string> {
    const bt_value* value = bt_trace_borrow_environment_entry_value_by_name_const(trace, name);
    if (value == nullptr) return {};
    if (bt_value_is_string(value)) return bt_value_string_get(value);
    if (bt_value_is_signed_integer(value)) return std::to_string(bt_value_integer_signed_get(value));
    return {};
  });
  // What the trace could have recorded: an event that is declared and absent did not happen.
  const bt_trace_class* traceClass = bt_trace_borrow_class_const(trace);
  for (std::uint64_t i = 0; i < bt_trace_class_get_stream_class_count(traceClass); ++i) {
    const bt_stream_class* streamClass = bt_trace_class_borrow_stream_class_by_index_const(traceClass, i);
    for (std::uint64_t j = 0; j < bt_stream_class_get_event_class_count(streamClass); ++j)
      m_bindings.of(bt_stream_class_borrow_event_class_by_index_const(streamClass, j));
  }
}

void CtfSource::beginPacket(CtfStream& stream, const bt_packet* packet) {
  const bt_field* context = bt_packet_borrow_context_field_const(packet);
  if (context == nullptr) return;
  const bt_field* cpu = bt_field_structure_borrow_member_field_by_name_const(context, "cpu_id");
  if (cpu != nullptr && bt_field_class_type_is(bt_field_get_class_type(cpu), BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
    stream.cpu = static_cast<std::uint16_t>(bt_field_integer_unsigned_get_value(cpu));
}

void CtfSource::discarded(CtfStream& stream, const bt_message* message, bool packets) {
  std::uint64_t count = 0;
  const bt_stream* data = packets ? bt_message_discarded_packets_borrow_stream_const(message)
                                  : bt_message_discarded_events_borrow_stream_const(message);
  const bt_stream_class* streamClass = bt_stream_borrow_class_const(data);
  const auto known = packets ? bt_message_discarded_packets_get_count(message, &count)
                             : bt_message_discarded_events_get_count(message, &count);
  LossRange loss = discardedLoss(known == BT_PROPERTY_AVAILABILITY_AVAILABLE ? std::optional(count) : std::nullopt,
                                 packets, stream.cpu);
  const bool timed = packets ? bt_stream_class_discarded_packets_have_default_clock_snapshots(streamClass) != BT_FALSE
                             : bt_stream_class_discarded_events_have_default_clock_snapshots(streamClass) != BT_FALSE;
  if (!timed) {
    loss.begin = stream.last.value_or(m_info.first.value_or(0));
    stream.awaitsEnd = std::move(loss);
    return;
  }
  loss.begin = toNs(packets ? bt_message_discarded_packets_borrow_beginning_default_clock_snapshot_const(message)
                            : bt_message_discarded_events_borrow_beginning_default_clock_snapshot_const(message));
  loss.end = toNs(packets ? bt_message_discarded_packets_borrow_end_default_clock_snapshot_const(message)
                          : bt_message_discarded_events_borrow_end_default_clock_snapshot_const(message));
  m_batch->losses.push_back(std::move(loss));
}

void CtfSource::truncate(const CtfStream& stream, std::string_view reason) {
  m_truncated.push_back(brokenStream(stream.last.value_or(kUnseen), stream.cpu, reason));
}

void CtfSource::finish(Batch& batch) {
  m_types.writeCounts(m_info);
  if (m_repaired && m_truncated.empty()) {
    // The cut was after the last event that the shortened packet still holds, or after the packet before the bad one.
    LossRange loss;
    loss.begin = m_info.last.value_or(kUnseen);
    for (const BadPacket& bad : m_bad)
      loss.begin = std::min(loss.begin, std::max(m_info.first.value_or(0), cyclesToNs(bad.lastCycles, m_frequency)));
    loss.reason = "truncated";
    m_truncated.push_back(std::move(loss));
  }
  if (!m_info.first && (!m_truncated.empty() || !m_missing.empty()))
    throw Error(fmt::format("{}: no event of this CTF trace can be read: {}", m_info.path.string(),
                            m_missing.empty() ? m_truncated.front().detail : m_missing.front().what));
  Ns end = m_info.last.value_or(0);
  for (const MissingPackets& missing : m_missing) {
    const Ns last = cyclesToNs(missing.lastCycles, m_frequency);
    if (missing.cutInside)
      end = std::max(end, last);
    else
      batch.losses.push_back({cyclesToNs(missing.firstCycles, m_frequency), last, -1, "truncated", missing.what});
  }
  for (LossRange& loss : m_truncated) {
    if (!seen(loss.begin)) loss.begin = *m_info.first;
    loss.end = std::max(loss.begin, end);
    if (m_repaired) loss.detail = m_repaired->damages().front() + (loss.detail.empty() ? "" : "; " + loss.detail);
    batch.losses.push_back(std::move(loss));
  }
}

}  // namespace

std::unique_ptr<Source> openWithBabeltrace(const fs::path& trace) {
  return std::make_unique<CtfSource>(trace);
}

}  // namespace descry
