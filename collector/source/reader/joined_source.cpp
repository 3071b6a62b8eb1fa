// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/reader/joined_source.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "collector/source/reader/source_format.hpp"

namespace descry {

namespace {

/// One piece, with the batch that is being handed on.
struct PieceStream {
  std::unique_ptr<Source> source;
  Batch batch;
  std::size_t next = 0;
  bool ended = false;

  bool hasEvent() const { return next < batch.events.size(); }
  const Event& event() const { return batch.events[next]; }
};

/// An event of the present instant, and how often each piece had it.
struct Instant {
  Event event;
  std::string text;
  Record record{};
  std::vector<std::uint32_t> times;
  std::uint32_t handedOn = 0;
};

bool sameLoss(const LossRange& a, const LossRange& b) {
  return std::tie(a.begin, a.end, a.count, a.reason) == std::tie(b.begin, b.end, b.count, b.reason);
}

class JoinedSource final : public Source {
 public:
  explicit JoinedSource(std::vector<std::unique_ptr<Source>> pieces) {
    for (auto& piece : pieces) m_pieces.push_back({std::move(piece), {}, 0, false});
    m_info = m_pieces.front().source->info();
  }

  bool read(Batch& batch) override;
  const TraceInfo& info() const override { return m_info; }
  std::optional<double> progress() const override;

 private:
  void fill(Batch& batch);
  PieceStream* earliest();
  void handOn(std::size_t piece, Batch& batch);
  Instant& instantOf(const Event& event, const std::string& text, const Record& record);
  void sumUp();

  std::vector<PieceStream> m_pieces;
  TraceInfo m_info;
  std::vector<Instant> m_now;
  std::vector<LossRange> m_losses;
  std::array<std::int64_t, kEventKinds> m_twice{};  ///< events that were left out, by kind
};

/// Reads on where a piece has run out of events.
void JoinedSource::fill(Batch& batch) {
  for (PieceStream& piece : m_pieces)
    while (!piece.ended && !piece.hasEvent()) {
      piece.next = 0;
      piece.ended = !piece.source->read(piece.batch);
      std::ranges::move(piece.batch.anomalies, std::back_inserter(batch.anomalies));
      for (LossRange& loss : piece.batch.losses) {
        if (std::ranges::any_of(m_losses, [&loss](const LossRange& known) { return sameLoss(known, loss); })) continue;
        m_losses.push_back(loss);
        batch.losses.push_back(std::move(loss));
      }
    }
}

PieceStream* JoinedSource::earliest() {
  PieceStream* found = nullptr;
  for (PieceStream& piece : m_pieces)
    if (piece.hasEvent() && (found == nullptr || piece.event().ns < found->event().ns)) found = &piece;
  return found;
}

Instant& JoinedSource::instantOf(const Event& event, const std::string& text, const Record& record) {
  if (!m_now.empty() && m_now.front().event.ns != event.ns) m_now.clear();
  const auto same = std::ranges::find_if(m_now, [&](const Instant& known) {
    return known.event.tid == event.tid && known.event.cpu == event.cpu && known.event.kind == event.kind &&
           known.event.variant == event.variant && known.event.present == event.present &&
           known.event.values == event.values && known.text == text && known.record == record;
  });
  if (same != m_now.end()) return *same;
  m_now.push_back({event, text, record, std::vector<std::uint32_t>(m_pieces.size())});
  return m_now.back();
}

void JoinedSource::handOn(std::size_t piece, Batch& batch) {
  PieceStream& stream = m_pieces[piece];
  Event event = stream.event();
  const std::string text = event.text == 0 ? std::string() : stream.batch.texts[event.text - 1];
  const Record record = event.record == 0 ? Record{} : stream.batch.records[event.record - 1];
  ++stream.next;
  Instant& instant = instantOf(event, text, record);
  if (++instant.times[piece] <= instant.handedOn) {
    ++m_twice[static_cast<std::size_t>(event.kind)];
    return;
  }
  ++instant.handedOn;
  if (event.text != 0) {
    batch.texts.push_back(text);
    event.text = static_cast<std::uint32_t>(batch.texts.size());
  }
  if (event.record != 0) {
    batch.records.push_back(record);
    event.record = static_cast<std::uint32_t>(batch.records.size());
  }
  batch.events.push_back(event);
}

/// What the pieces say of themselves together. Of an event that came twice only the kind is known here.
void JoinedSource::sumUp() {
  m_info.counts.clear();
  m_info.heard = {};
  std::array<std::int64_t, kEventKinds> twice = m_twice;
  for (const PieceStream& piece : m_pieces) {
    const TraceInfo& info = piece.source->info();
    m_info.ticks |= info.ticks;
    if (info.first) m_info.first = std::min(m_info.first.value_or(*info.first), *info.first);
    if (info.last) m_info.last = std::max(m_info.last.value_or(*info.last), *info.last);
    for (const Ns ns : info.heard.times()) m_info.heard.note(ns);
    for (const auto& [name, count] : info.counts) {
      EventCount& sum = m_info.counts[name];
      sum.count += count.count;
      if (!sum.kind) sum.kind = count.kind;
    }
  }
  for (auto& [name, count] : m_info.counts) {
    if (!count.kind) continue;
    std::int64_t& left = twice[static_cast<std::size_t>(*count.kind)];
    const std::int64_t taken = std::min(left, count.count);
    count.count -= taken;
    left -= taken;
  }
}

bool JoinedSource::read(Batch& batch) {
  batch.clear();
  while (batch.events.size() < kBatchEvents) {
    fill(batch);
    PieceStream* const piece = earliest();
    if (piece == nullptr) break;
    handOn(static_cast<std::size_t>(piece - m_pieces.data()), batch);
  }
  const bool more = !batch.events.empty() || !batch.losses.empty() || !batch.anomalies.empty();
  sumUp();
  return more;
}

std::optional<double> JoinedSource::progress() const {
  double sum = 0;
  for (const PieceStream& piece : m_pieces) {
    const auto share = piece.source->progress();
    if (!share) return {};
    sum += *share;
  }
  return sum / static_cast<double>(m_pieces.size());
}

}  // namespace

std::unique_ptr<Source> joinPieces(std::vector<std::unique_ptr<Source>> pieces) {
  if (pieces.size() == 1) return std::move(pieces.front());
  return std::make_unique<JoinedSource>(std::move(pieces));
}

}  // namespace descry
