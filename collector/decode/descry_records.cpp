// SPDX-License-Identifier: GPL-2.0-or-later
// Events of the LTTng-UST provider `descry` that carry what the probes folded in the kernel.
#include "collector/decode/descry_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <vector>

#include "collector/probes/records.h"

namespace descry {

namespace {

template <typename Structure>
constexpr RecordField timeField() {
  return {"ns", offsetof(Structure, header) + offsetof(DescryHeader, ns), sizeof(DescryHeader::ns)};
}

// The same lists that define the structures and the events.
#define DESCRY_FIELD_SHAPE(type, name) RecordField{#name, offsetof(Structure, name), sizeof(Structure::name)},
#define DESCRY_FIELDS(record, fields)                                                                 \
  std::span<const RecordField> fieldsOf_##record() {                                                  \
    using Structure = descry_##record;                                                                \
    static const std::vector<RecordField> all = {timeField<Structure>(), fields(DESCRY_FIELD_SHAPE)}; \
    return all;                                                                                       \
  }
DESCRY_FOLDED(DESCRY_FIELDS)

#define DESCRY_RECORD_FITS(record, fields) static_assert(sizeof(descry_##record) <= sizeof(Record));
DESCRY_FOLDED(DESCRY_RECORD_FITS)

#define DESCRY_SHAPE(record, fields) RecordShape{#record, Descry_##record, fieldsOf_##record()},

const std::vector<RecordShape>& shapes() {
  static const std::vector<RecordShape> all = {DESCRY_FOLDED(DESCRY_SHAPE)};
  return all;
}

std::uint64_t lower(std::uint64_t pair) {
  return pair & 0xffffffff;
}
std::uint64_t upper(std::uint64_t pair) {
  return pair >> 32U;
}

descry_host_half wholeHalf(const descry_host_half_short& record) {
  const std::uint64_t used = record.header.ns;
  const auto time = [used](std::uint64_t low) { return low == 0 ? 0 : upper(used) << 32U | low; };
  const auto count = [&record](unsigned shift) {
    const auto value = static_cast<std::int32_t>(record.counts >> shift & 0xffff);
    return value == DESCRY_UNKNOWN_COUNT ? -1 : value;
  };
  const auto small = [&record](unsigned shift) { return static_cast<std::uint32_t>(record.counts >> shift & 0xff); };
  descry_host_half half{};
  half.header = record.header;
  half.header.type = Descry_host_half;
  half.vq = record.vq;
  half.position = record.position;
  half.kick = time(lower(record.kick_entered));
  half.entered = time(upper(record.kick_entered));
  half.tried = time(lower(record.tried_fetched));
  half.fetched = time(upper(record.tried_fetched));
  half.arrived = time(lower(record.arrived_len));
  half.used = used;
  half.len = static_cast<std::int64_t>(upper(record.arrived_len));
  half.head = static_cast<std::uint32_t>(lower(record.head_epoch));
  half.epoch = static_cast<std::uint32_t>(upper(record.head_epoch));
  half.out = count(0);
  half.in = count(16);
  half.misses = small(32);
  half.retries = small(40);
  half.hits = small(48);
  half.flags = small(56);
  return half;
}

std::string_view lossPlace(std::uint32_t place) {
  switch (place) {
    case DescryLostInRing:
      return "the ring buffer between kernel and collector was full";
    case DescryLostInMap:
      return "a table of open chains was full";
    default:
      return "probes were skipped because too many calls were open";
  }
}

}  // namespace

const RecordShape* findRecord(std::string_view name) {
  const auto found = std::ranges::find(shapes(), name, &RecordShape::name);
  return found == shapes().end() ? nullptr : &*found;
}

const RecordShape* recordOfType(std::uint64_t type) {
  static const auto byType = [] {
    std::array<const RecordShape*, DescryFirstRaw> all{};
    for (const RecordShape& shape : shapes()) all[shape.type] = &shape;
    return all;
  }();
  return type < byType.size() ? byType[type] : nullptr;
}

std::uint64_t recordLayout() {
  // FNV-1a, the same in every build.
  static const std::uint64_t layout = [] {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&hash](std::string_view text) {
      for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
      hash = (hash ^ 0xff) * 0x100000001b3;
    };
    for (const RecordShape& shape : shapes()) {
      add(shape.name);
      for (const RecordField& field : shape.fields) add(field.name);
    }
    return hash;
  }();
  return layout;
}

#define DESCRY_PUT_FIELD(type, name) *number++ = static_cast<std::uint64_t>(values.name);
#define DESCRY_PUT(record, fields)                                                                          \
  case Descry_##record:                                                                                     \
    static_assert(sizeof(descry_##record) / sizeof(std::uint32_t) <= kMostNumbersOfARecord);                \
    for (; records.size() >= sizeof(descry_##record); records = records.subspan(sizeof(descry_##record))) { \
      const auto values = structureAt<descry_##record>(records.data());                                     \
      *number++ = values.header.type;                                                                       \
      *number++ = values.header.ns;                                                                         \
      fields(DESCRY_PUT_FIELD)                                                                              \
    }                                                                                                       \
    break;

std::size_t putNumbers(std::span<const std::byte> records, std::uint64_t* numbers) {
  std::uint64_t* number = numbers;
  switch (structureAt<DescryHeader>(records.data()).type) {
    DESCRY_FOLDED(DESCRY_PUT)
    default:
      break;
  }
  return static_cast<std::size_t>(number - numbers);
}

void setField(Record& record, const RecordField& field, std::uint64_t value) {
  auto* bytes = reinterpret_cast<std::byte*>(record.data()) + field.offset;
  if (field.size == sizeof(std::uint32_t)) {
    const auto narrow = static_cast<std::uint32_t>(value);
    std::memcpy(bytes, &narrow, sizeof narrow);
  } else {
    std::memcpy(bytes, &value, sizeof value);
  }
}

void acceptRecord(const RecordShape& shape, Batch& batch) {
  if (shape.type == Descry_host_half_short) {
    Record& record = batch.records.back();
    record = recordOf(wholeHalf(recordAs<descry_host_half_short>(record)));
    return;
  }
  if (shape.type != Descry_capture_loss) return;
  const auto loss = recordAs<descry_capture_loss>(batch.records.back());
  LossRange range;
  range.begin = static_cast<Ns>(loss.begin);
  range.end = static_cast<Ns>(loss.header.ns);
  range.count = static_cast<std::int64_t>(loss.count);
  range.reason = loss.place == DescryLostInHits ? "missed" : "discarded";
  range.detail = fmt::format("{}: {} records", lossPlace(loss.place), loss.count);
  batch.losses.push_back(std::move(range));
}

}  // namespace descry
