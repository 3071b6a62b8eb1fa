// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/packets/packets_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collector/source/ctf/files/ctf_losses.hpp"
#include "collector/source/ctf/files/ctf_metadata.hpp"
#include "collector/source/ctf/files/ctf_tracer.hpp"
#include "collector/source/ctf/packets/not_understood.hpp"
#include "collector/source/ctf/packets/packet_stream.hpp"
#include "collector/source/ctf/packets/tsdl.hpp"
#include "collector/source/reader/stream_merge.hpp"
#include "schemas/model/error.hpp"
#include "schemas/store/rows.hpp"

namespace descry {

namespace fs = std::filesystem;

namespace {

/// Babeltrace corrects the times of packets that older tracers got wrong.
void refuseOldTracers(const TsdlTrace& trace) {
  const auto text = [&](const char* name) -> std::string {
    const auto found = trace.environment.find(name);
    return found == trace.environment.end() ? "" : found->second;
  };
  const auto number = [&](const char* name) {
    const std::string digits = text(name);
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  const std::string tracer = text("tracer_name");
  const std::pair version{number("tracer_major"), number("tracer_minor")};
  const bool isOldLttng = tracer.starts_with("lttng") && version < std::pair{2, 11};
  const bool isOldBarectf =
      tracer == "barectf" && (version < std::pair{2, 3} || (version == std::pair{2, 3} && number("tracer_patch") < 1));
  if (isOldLttng || isOldBarectf) throw NotUnderstood(fmt::format("a trace of {} {}", tracer, version.first));
}

std::string textOf(const fs::path& trace) {
  constexpr std::uintmax_t kLargest = 64U << 20U;
  if (fs::file_size(trace / "metadata") > kLargest) throw NotUnderstood("metadata: too large");
  std::string text = readCtfMetadata(trace);
  if (!text.starts_with("/* CTF")) throw NotUnderstood("metadata: does not begin like CTF 1.8");
  return text;
}

struct SurveyedFile {
  StreamFile file;
  StreamOverview overview;
};

bool isSameStream(const SurveyedFile& a, const SurveyedFile& b) {
  const CtfPacket &left = a.overview.firstPacket, &right = b.overview.firstPacket;
  return left.instance && left.stream == right.stream && left.instance == right.instance;
}

/// The files of each stream in the order of time, the streams in that of Babeltrace: by name of their first file.
std::vector<std::vector<SurveyedFile>> groupByStream(std::vector<SurveyedFile> files) {
  std::vector<std::vector<SurveyedFile>> groups;
  for (SurveyedFile& file : files) {
    const auto group = std::ranges::find_if(groups, [&](const auto& each) { return isSameStream(each[0], file); });
    if (group == groups.end())
      groups.emplace_back().push_back(std::move(file));
    else
      group->push_back(std::move(file));
  }
  return groups;
}

void checkOrder(const std::vector<SurveyedFile>& group) {
  for (std::size_t i = 1; i < group.size(); ++i) {
    const CtfPacket &before = group[i - 1].overview.lastPacket, &next = group[i].overview.firstPacket;
    if (before.endCycles > next.beginCycles || before.discarded.value_or(0) > next.discarded.value_or(0) ||
        before.sequence.value_or(0) > next.sequence.value_or(0))
      throw NotUnderstood("files of one stream whose order is not clear: " + group[i].file.path().string());
  }
}

class PacketsSource final : public Source {
 public:
  explicit PacketsSource(const fs::path& path) {
    m_info.path = path;
    m_info.source = "ctf";
    checkCtfMetadata(path);
    if (!findMissingPackets(path).empty()) throw NotUnderstood(path.string() + ": packets are missing");
    const TsdlTrace trace = parseTsdl(textOf(path));
    refuseOldTracers(trace);
    m_layout.emplace(m_types, trace);
    describe(trace);
    open(path);
  }

  bool read(Batch& batch) override;
  const TraceInfo& info() const override { return m_info; }
  std::optional<double> progress() const override {
    if (m_ended) return 1.0;
    if (m_lastNs <= m_firstNs || !m_info.last) return {};
    return std::clamp(static_cast<double>(*m_info.last - m_firstNs) / static_cast<double>(m_lastNs - m_firstNs), 0.0,
                      1.0);
  }

 private:
  static constexpr std::size_t kWindows = 8U << 20U;  // bytes for the windows of all streams

  void describe(const TsdlTrace& trace);
  void open(const fs::path& path);
  std::vector<SurveyedFile> survey(const fs::path& path) const;
  bool advance(PacketStream& stream, Batch& batch);
  void finish(Batch& batch);

  TraceInfo m_info;
  EventTypes m_types;
  std::optional<TraceLayout> m_layout;
  Ns m_firstNs = std::numeric_limits<Ns>::max(), m_lastNs = 0;
  bool m_started = false, m_ended = false;
  std::vector<PacketStream> m_streams;  ///< never grows after open(): the merge points into it
  StreamMerge<PacketStream> m_merge;
  std::vector<LossRange> m_truncated;
};

void PacketsSource::describe(const TsdlTrace& trace) {
  const TsdlClock& clock = m_layout->clock();
  if (!clock.name.empty()) m_info.clock = clock.name;
  constexpr Ns kSecond = 1'000'000'000;
  m_info.resolution = cyclesToNs(1, clock.frequency);
  m_info.clockEpochNs = clock.offsetSeconds * kSecond + cyclesToNs(clock.offsetCycles, clock.frequency);
  describeTracer(m_info, [&](const char* name) -> std::optional<std::string> {
    const auto found = trace.environment.find(name);
    return found == trace.environment.end() ? std::nullopt : std::optional(found->second);
  });
}

std::vector<SurveyedFile> PacketsSource::survey(const fs::path& path) const {
  std::vector<SurveyedFile> files;
  for (const fs::path& name : streamFiles(path)) {
    StreamFile file(name);
    if (file.size() == 0) continue;
    const StreamOverview overview = surveyPackets(*m_layout, file);
    files.push_back({std::move(file), overview});
  }
  return files;
}

void PacketsSource::open(const fs::path& path) {
  std::vector<SurveyedFile> files = survey(path);
  if (files.empty()) throw NotUnderstood(path.string() + ": no data stream");
  for (const SurveyedFile& file : files) {
    m_firstNs = std::min(m_firstNs, cyclesToNs(file.overview.firstPacket.beginCycles, m_layout->clock().frequency));
    m_lastNs = std::max(m_lastNs, cyclesToNs(file.overview.lastCycles, m_layout->clock().frequency));
  }
  const std::size_t window = std::clamp<std::size_t>(kWindows / files.size(), 32U << 10U, 256U << 10U);
  // The earliest file first, so that each group begins with it.
  std::ranges::stable_sort(files, {}, [](const SurveyedFile& file) { return file.overview.firstPacket.beginCycles; });
  auto groups = groupByStream(std::move(files));
  std::ranges::sort(groups, {}, [](const auto& group) { return group[0].file.path(); });
  m_streams.reserve(groups.size());
  for (auto& group : groups) {
    checkOrder(group);
    std::vector<StreamFile> ordered;
    for (SurveyedFile& file : group) ordered.push_back(std::move(file.file));
    m_streams.emplace_back(*m_layout, std::move(ordered), window);
  }
}

bool PacketsSource::read(Batch& batch) {
  batch.clear();
  if (m_ended) return false;
  const auto next = [this, &batch](PacketStream& stream) { return advance(stream, batch); };
  if (!std::exchange(m_started, true)) m_merge.start(m_streams, next);
  m_merge.run(
      batch, m_info, [&batch](PacketStream& stream) { stream.decode(batch); }, next);
  if (m_merge.empty()) {
    m_ended = true;
    finish(batch);
  }
  return !m_ended || !batch.events.empty() || !batch.losses.empty() || !batch.anomalies.empty();
}

bool PacketsSource::advance(PacketStream& stream, Batch& batch) {
  if (stream.advance(batch)) return true;
  if (!stream.broken().empty())
    m_truncated.push_back(brokenStream(stream.last.value_or(kUnseen), stream.cpu(), stream.broken()));
  return false;
}

void PacketsSource::finish(Batch& batch) {
  m_types.writeCounts(m_info);
  if (!m_info.first && !m_truncated.empty())
    throw Error(fmt::format("{}: no event of this CTF trace can be read: {}", m_info.path.string(),
                            m_truncated.front().detail));
  const Ns end = m_info.last.value_or(0);
  for (LossRange& loss : m_truncated) {
    if (!seen(loss.begin)) loss.begin = *m_info.first;
    loss.end = std::max(loss.begin, end);
    batch.losses.push_back(std::move(loss));
  }
}

}  // namespace

std::unique_ptr<Source> openPackets(const fs::path& trace) {
  return std::make_unique<PacketsSource>(trace);
}

}  // namespace descry
