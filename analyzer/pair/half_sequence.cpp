// SPDX-License-Identifier: GPL-2.0-or-later
#include "analyzer/pair/half_sequence.hpp"

#include <fmt/format.h>

#include <utility>

namespace descry {

namespace {

Ns plus(Ns base, Ns offset) {
  return seen(offset) ? base + offset : kUnseen;
}

GuestKey keyOf(const Model& model, const GuestHalfRow& row) {
  GuestKey key;
  key.position = row.position;
  key.before = model.publishedAfter(row);
  key.after = model.reapedBefore(row);
  key.finished = plus(row.q, row.c);
  key.head = row.head;
  key.length = row.lengthBytes;
  key.out = row.outCount;
  key.in = row.inCount;
  return key;
}

HostKey keyOf(const Model& model, const HostHalfRow& row) {
  HostKey key;
  key.position = row.position;
  key.fetched = row.f;
  if (!model.lossyOnHost(row)) key.used = plus(row.f, row.u);
  key.head = row.head;
  key.length = row.lengthBytes;
  key.out = row.outCount;
  key.in = row.inCount;
  return key;
}

Ns momentOf(const GuestKey& key) {
  return key.before;
}
Ns momentOf(const HostKey& key) {
  return key.fetched;
}

/// Positions come from a ring index where the ring is split and the side could read it.
bool isCounted(const Model& model, const QueueEpochRow& epoch) {
  if (epoch.anchor == "ring") return false;
  if (model.isGuest(epoch.queueId)) return true;
  return model.deviceOf(epoch.queueId).vhost != 1;
}

/// Says whether its chains are all there, and whether others may have followed unseen.
template <typename Sequence>
void judgeLosses(const Model& model, const QueueEpochRow& epoch, Sequence& sequence) {
  const CaptureRow& capture = model.captureOf(epoch.queueId);
  const Ns first = momentOf(sequence.keys.front()), last = momentOf(sequence.keys.back());
  const Ns end = seen(epoch.end) ? epoch.end : capture.last - 1;
  sequence.whole = !model.lossy(capture.captureId, epoch.queueId, first, last);
  sequence.cut = last < end && model.lossy(capture.captureId, epoch.queueId, last, end);
}

template <typename Row, typename Sequence>
std::vector<Sequence> readSequences(const Database& database, const Model& model, QueueEpoch key) {
  const QueueEpochRow& epoch = model.epoch(key);
  Sequence sequence;
  sequence.queueId = key.first;
  sequence.epoch = key.second;
  sequence.anchor = epoch.anchor;
  sequence.counted = isCounted(model, epoch);
  const std::int64_t captureId = model.captureOf(key.first).captureId;
  const bool mayBreak = sequence.counted && model.hasLoss(captureId);
  sequence.closed =
      seen(epoch.end) && !model.lossy(captureId, key.first, seen(epoch.start) ? epoch.start : 0, epoch.end);
  std::vector<Sequence> sequences;
  TableReader<Row> rows(database, fmt::format("WHERE queue_id = {} AND epoch = {} ORDER BY position LIMIT {}",
                                              key.first, key.second, kMostKeys + 1));
  if (mayBreak && sequence.anchor == "start" &&
      model.lossy(captureId, key.first, seen(epoch.start) ? epoch.start : 0, seen(epoch.start) ? epoch.start : 0))
    sequence.anchor = "order";
  Ns last = seen(epoch.start) ? epoch.start : 0;
  for (Row row; rows.next(row);) {
    const auto next = keyOf(model, row);
    if (mayBreak && model.lossy(captureId, key.first, last, momentOf(next))) {
      if (!sequence.keys.empty()) sequences.push_back(sequence);
      sequence.keys.clear();
      sequence.anchor = "order";
    }
    last = momentOf(next);
    if (static_cast<std::int64_t>(sequence.keys.size()) == kMostKeys) {
      sequence.partial = true;
      break;
    }
    sequence.keys.push_back(next);
  }
  if (!sequence.keys.empty()) sequences.push_back(std::move(sequence));
  for (Sequence& each : sequences) judgeLosses(model, epoch, each);
  return sequences;
}

}  // namespace

std::vector<HostSequence> readHostSequences(const Database& database, const Model& model, QueueEpoch key) {
  return readSequences<HostHalfRow, HostSequence>(database, model, key);
}

std::vector<GuestSequence> readGuestSequences(const Database& database, const Model& model, QueueEpoch key) {
  return readSequences<GuestHalfRow, GuestSequence>(database, model, key);
}

}  // namespace descry
