// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/import/capture_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "collector/decode/decoders.hpp"
#include "collector/facts/heard_times.hpp"
#include "collector/import/batch_queue.hpp"
#include "collector/import/digest.hpp"
#include "collector/import/no_events.hpp"
#include "collector/source/reader/scaled_source.hpp"
#include "collector/source/sources.hpp"
#include "schemas/model/error.hpp"

namespace descry {

namespace {

constexpr std::chrono::milliseconds kPatience{100};

Side otherSide(Side side) {
  return side == Side::Guest ? Side::Host : Side::Guest;
}

void readAll(Source& source, BatchQueue& queue, const std::stop_token& stop) noexcept {
  try {
    for (bool more = true; more;) {
      ReadBatch read = queue.fresh();
      more = source.read(read.batch);
      read.share = source.progress();
      const bool empty = read.batch.events.empty() && read.batch.losses.empty() && read.batch.anomalies.empty();
      if (!empty && !queue.push(std::move(read), stop)) return;
      if (stop.stop_requested()) return;
    }
    queue.close(nullptr);
  } catch (...) {
    queue.close(std::current_exception());
  }
}

/// One trace on its way into the store.
class CaptureImport {
 public:
  CaptureImport(FactStore& store, const TraceInput& input) : m_store(store), m_input(input) {
    m_result.captureId = static_cast<std::int64_t>(store.captures.size()) + 1;
    CaptureRow row;
    row.captureId = m_result.captureId;
    row.path = input.names();
    store.captures.push_back(std::move(row));
    if (input.side && !input.found) start(*input.side);
  }

  /// Nothing of it is left in the store when it throws NothingTaken.
  SurveyedCapture takeIn(const ReadOptions& options, const ReadWatch& watch) {
    try {
      return run(options, watch);
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& error) {
      if (m_fold) throw;
      m_store.dropLastCapture();
      throw NothingTaken(error.what());
    }
  }

 private:
  SurveyedCapture run(const ReadOptions& options, const ReadWatch& watch) {
    auto source = openPieces(m_input.paths(), options.reader);
    if (options.tscKhz) source = inNanoseconds(std::move(source), *options.tscKhz);
    TraceDigest digest(m_input.paths(), options.inBackground);
    if (options.inBackground)
      readInBackground(*source, watch);
    else
      readHere(*source, watch);
    if (!m_fold) m_result.side = m_input.side.value_or(m_result.survey.side().value_or(Side::Guest));
    checkSide(source->info());
    if (!m_fold) decideSide(true);
    m_fold->finish();
    describe(source->info());
    if (const auto origin = m_result.survey.first()) noteHeard(m_store, m_result.captureId, *origin, source->info());
    noteProbeCost();
    row().sha256 = waitFor(digest, watch);
    addLosses();
    return std::move(m_result);
  }

  CaptureRow& row() { return m_store.captures[static_cast<std::size_t>(m_result.captureId - 1)]; }
  void readInBackground(Source& source, const ReadWatch& watch);
  void readHere(Source& source, const ReadWatch& watch);
  void take(Batch& batch);
  void decideSide(bool atEnd);
  void boundUndecided();
  void start(Side side);
  void checkSide(const TraceInfo& info);
  void describe(const TraceInfo& info);
  void noteProbeCost();
  void noteAnomalies(const Batch& batch);
  void noteUnused(const SourceAnomaly& anomaly);
  void addLosses();
  std::string waitFor(TraceDigest& digest, const ReadWatch& watch);

  FactStore& m_store;
  const TraceInput& m_input;
  SurveyedCapture m_result;
  std::unique_ptr<Fold> m_fold;  ///< null until the side is known
  std::vector<Batch> m_undecided;
  UnusedEvents m_unused;
  std::int64_t m_events = 0;
};

void CaptureImport::readHere(Source& source, const ReadWatch& watch) {
  for (Batch batch; source.read(batch); watch(source.progress(), m_events)) take(batch);
}

void CaptureImport::readInBackground(Source& source, const ReadWatch& watch) {
  BatchQueue queue;
  const std::jthread reader([&](const std::stop_token& stop) { readAll(source, queue, stop); });
  ReadBatch read;
  std::optional<double> share;
  while (true) {
    const auto state = queue.pop(read, kPatience);
    if (state == BatchQueue::Wait::Ended) return;
    if (state == BatchQueue::Wait::Ready) {
      share = read.share;
      take(read.batch);
      queue.recycle(std::move(read));
    }
    watch(share, m_events);
  }
}

void CaptureImport::take(Batch& batch) {
  m_events += static_cast<std::int64_t>(batch.events.size());
  m_result.survey.observe(batch);
  noteAnomalies(batch);
  if (m_fold) return m_fold->consume(batch);
  m_undecided.push_back(std::move(batch));
  decideSide(false);
}

/// The side may only show after some time: a nested host starts with events of its own guest drivers.
void CaptureImport::decideSide(bool atEnd) {
  constexpr std::size_t kPatientBatches = 16;
  const TraceSurvey& survey = m_result.survey;
  const auto side = !m_input.side ? survey.side() : survey.eventsOf(*m_input.side) > 0 ? m_input.side : std::nullopt;
  if (!side && !atEnd) return boundUndecided();
  if (!atEnd && !m_input.side && !m_result.survey.sideIsCertain() && m_undecided.size() < kPatientBatches) return;
  start(side.value_or(m_result.side));
  for (const Batch& batch : m_undecided) m_fold->consume(batch);
  m_undecided.clear();
}

/// Before the first event of a ring only the scheduler was seen, possibly for hours: that goes. The very first event
/// stays, stripped of its meaning, because all times count from it.
void CaptureImport::boundUndecided() {
  constexpr std::size_t kMostBatches = 64;
  if (m_undecided.size() < kMostBatches) return;
  Batch& first = m_undecided.front();
  first.events.resize(1);
  first.events.front().kind = EventKind::Context;
  m_undecided.erase(m_undecided.begin() + 1);
}

void CaptureImport::start(Side side) {
  m_result.side = side;
  row().side = wordOf(side);
  m_fold = side == Side::Guest ? makeGuestFold(m_store, m_result.captureId, m_input.vm)
                               : makeHostFold(m_store, m_result.captureId, m_input.vm);
}

void CaptureImport::checkSide(const TraceInfo& info) {
  const TraceSurvey& survey = m_result.survey;
  const Side other = otherSide(m_result.side);
  // Bounce buffers alone say which devices of a guest use them.
  const bool bouncesAlone = m_result.side == Side::Guest && !survey.bounces().empty() && survey.eventsOf(other) == 0;
  if (survey.eventsOf(m_result.side) == 0 && !bouncesAlone) {
    if (m_input.side && survey.eventsOf(other) > 0)
      throw Error(fmt::format("{}: was given as the {}'s, but has only events of a {}; give it with --{}",
                              m_input.path.string(), wordOf(m_result.side), wordOf(other), wordOf(other)));
    throw Error(fmt::format("{}: {}", m_input.path.string(), whyNoEvents(info, m_unused)));
  }
  if (survey.nested() && !m_input.side)
    m_store.anomaly("both-sides", Doubt::Info, m_result.captureId, kUnseenQueue, kUnseen,
                    fmt::format("taken as the {}'s trace; {} events of a {} were ignored: give the trace a second time "
                                "with --{} to see them",
                                wordOf(m_result.side), survey.eventsOf(other), wordOf(other), wordOf(other)));
}

void CaptureImport::describe(const TraceInfo& info) {
  CaptureRow& capture = row();
  capture.source = info.source;
  capture.tool = info.tool;
  capture.hostName = info.hostName;
  capture.kernel = info.kernel;
  capture.clock = info.clock;
  if (info.resolution > 1) capture.resolution = info.resolution;
  if (info.clockEpochNs) capture.clockEpoch = *info.clockEpochNs;
  for (const auto& [ns, reading] : m_result.survey.tscReadings()) {
    TscReadingRow row = reading;
    row.captureId = m_result.captureId;
    row.ns = ns - m_result.survey.first().value_or(0);
    m_store.tscReadings.push_back(row);
  }
  for (const auto& [device, bounces] : m_result.survey.bounces())
    m_store.bounces.push_back({m_result.captureId, device, bounces.count, bounces.bytes, bounces.forced});
  for (const auto& [name, count] : info.counts) {
    capture.events += count.count;
    if (!count.kind)
      capture.unknown += count.count;
    else if (*count.kind != EventKind::Context)
      capture.decoded += count.count;
    CaptureEventRow event{.captureId = m_result.captureId, .event = name, .point = {}, .count = count.count};
    if (count.kind) event.point = std::string(ruleOf(*count.kind).name);
    m_store.captureEvents.push_back(std::move(event));
  }
}

/// What the probes took is stored beside the facts, never taken out of them.
void CaptureImport::noteProbeCost() {
  const auto& cost = m_result.survey.probeCost();
  if (!cost) return;
  m_store.meta.push_back({fmt::format("probe_hits.{}", m_result.captureId), std::to_string(cost->first)});
  m_store.meta.push_back({fmt::format("probe_ns.{}", m_result.captureId), std::to_string(cost->second)});
}

/// What the message of a refused trace says.
void CaptureImport::noteUnused(const SourceAnomaly& anomaly) {
  if (anomaly.kind == "missing-field")
    m_unused.missingFields.push_back(anomaly.detail.substr(0, anomaly.detail.find(':')));
  if (anomaly.kind == "unreadable-line" && m_unused.unread.empty()) m_unused.unread = anomaly.detail;
}

void CaptureImport::noteAnomalies(const Batch& batch) {
  const auto origin = m_result.survey.first();
  for (const SourceAnomaly& anomaly : batch.anomalies) {
    noteUnused(anomaly);
    const Ns ns = origin && anomaly.ns >= *origin ? anomaly.ns - *origin : kUnseen;
    m_store.anomaly(anomaly.kind, anomaly.severity, m_result.captureId, kUnseenQueue, ns, anomaly.detail);
  }
}

/// Ranges on the capture's own time, cut to the time it covers.
void CaptureImport::addLosses() {
  CaptureRow& capture = row();
  bool countKnown = true;
  for (const LossRange& loss : m_result.survey.losses()) {
    const bool byTracer = loss.reason != "truncated" && loss.reason != "wrapped";
    countKnown &= !byTracer || loss.count >= 0;
    if (byTracer) capture.discarded += std::max<std::int64_t>(loss.count, 0);
    LossRow lost;
    lost.captureId = m_result.captureId;
    lost.begin = std::clamp<Ns>(loss.begin - capture.origin, 0, capture.last);
    lost.end = std::clamp<Ns>(loss.end - capture.origin, lost.begin, capture.last);
    if (loss.count >= 0) lost.count = loss.count;
    lost.reason = loss.reason;
    m_store.addLoss(std::move(lost));
    if (loss.reason == "truncated")
      m_store.anomaly("truncated", Doubt::Warning, m_result.captureId, kUnseenQueue, capture.last, loss.detail);
  }
  if (m_result.survey.breaksOff()) {
    m_store.addLoss(
        {.captureId = m_result.captureId, .begin = capture.last, .end = capture.last, .reason = "truncated"});
    m_store.anomaly("truncated", Doubt::Warning, m_result.captureId, kUnseenQueue, capture.last,
                    "the recording has no end: descry record or its session daemon was killed");
  }
  if (!countKnown) capture.discarded = -1;
}

std::string CaptureImport::waitFor(TraceDigest& digest, const ReadWatch& watch) {
  while (!digest.ready(kPatience)) watch(1.0, m_events);
  return digest.result();
}

}  // namespace

SurveyedCapture importCapture(FactStore& store, const TraceInput& input, const ReadOptions& options,
                              const ReadWatch& watch) {
  return CaptureImport(store, input).takeIn(options, watch);
}

}  // namespace descry
