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

// Words of 64 bits, see takeRecord().
#define DESCRY_RECORD_IS_WORDS(record, fields) static_assert(sizeof(descry_##record) % sizeof(std::uint64_t) == 0);
DESCRY_FOLDED(DESCRY_RECORD_IS_WORDS)

#define DESCRY_SHAPE(record, fields) \
  RecordShape{#record, Descry_##record, sizeof(descry_##record) / sizeof(std::uint64_t), fieldsOf_##record()},

const std::vector<RecordShape>& shapes() {
  static const std::vector<RecordShape> all = {DESCRY_FOLDED(DESCRY_SHAPE)};
  return all;
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

descry_host_half wholeHalf(const descry_used_chain& chain, std::uint64_t since) {
  constexpr std::uint64_t kLower = 0xffffffff;
  const auto time = [since](std::uint64_t low) { return low == 0 ? 0 : since + ((low - since) & kLower); };
  const auto small = [&chain](unsigned shift) { return static_cast<std::uint32_t>(chain.counts >> shift & 0xff); };
  const auto count = [&small](unsigned shift) {
    return small(shift) == DESCRY_UNKNOWN_COUNT ? -1 : static_cast<std::int32_t>(small(shift));
  };
  descry_host_half half{};
  half.header.type = Descry_host_half;
  half.tried = time(chain.tried_fetched & kLower);
  half.fetched = time(chain.tried_fetched >> 32U);
  half.kick = time(chain.kick_entered & kLower);
  half.entered = time(chain.kick_entered >> 32U);
  half.arrived = time(chain.arrived_len & kLower);
  half.len = static_cast<std::int64_t>(chain.arrived_len >> 32U);
  half.head = static_cast<std::uint32_t>(chain.counts & 0xffff);
  half.out = count(16);
  half.in = count(24);
  half.misses = small(32);
  half.retries = small(40);
  half.hits = small(48);
  half.flags = small(56);
  return half;
}

descry_host_half halfOf(const descry_host_used& used, std::uint32_t index, const descry_used_chain& chain) {
  descry_host_half half = wholeHalf(chain, used.header.ns - 0xffffffff);
  half.header.ns = half.used = used.header.ns;
  half.vq = used.vq;
  half.position = static_cast<std::int64_t>(static_cast<std::uint64_t>(used.first_position) + index);
  half.epoch = used.epoch;
  return half;
}

std::size_t recordBytes(const std::byte* record) {
  const auto size = [record](std::size_t fixed) {
    const auto header = structureAt<DescryHeader>(record);
    if (header.type != Descry_host_used) return fixed;
    return fixed + structureAt<descry_host_used>(record).count * sizeof(descry_used_chain);
  };
#define DESCRY_SIZE(name, fields) \
  case Descry_##name:             \
    return size(sizeof(descry_##name));
  switch (structureAt<DescryHeader>(record).type) {
    DESCRY_FOLDED(DESCRY_SIZE)
    DESCRY_RAW(DESCRY_SIZE)
    default:
      return sizeof(DescryHeader);
  }
}

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

std::uint64_t recordLayout(std::endian order) {
  // FNV-1a, the same in every build.
  static const std::uint64_t layout = [] {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&hash](std::string_view text) {
      for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3;
      hash = (hash ^ 0xff) * 0x100000001b3;
    };
    add("words");
    for (const RecordShape& shape : shapes()) {
      add(shape.name);
      for (const RecordField& field : shape.fields) add(field.name);
    }
#define DESCRY_ADD_NAME(type, name) add(#name);
    DESCRY_USED_CHAIN(DESCRY_ADD_NAME)
    return hash;
  }();
  return order == std::endian::big ? ~layout : layout;
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
