// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "collector/event/batch.hpp"
#include "collector/probes/records.h"

namespace descry {

/// One field of a record: where its value goes.
struct RecordField {
  std::string_view name;
  std::size_t offset = 0, size = 0;
};

/// A structure of probes/records.h, as the provider `descry` writes it.
struct RecordShape {
  std::string_view name;                ///< of the event: host_half ...
  std::uint32_t type = 0;               ///< DescryRecordType
  std::size_t words = 0;                ///< of 64 bits, in a batch
  std::span<const RecordField> fields;  ///< without the header, but for its time `ns`
};

/// Nothing if the provider has no finished record of this name (it may have a hit of it).
const RecordShape* findRecord(std::string_view name);

/// The same by its DescryRecordType; hits have no shape either.
const RecordShape* recordOfType(std::uint64_t type);

/// A number over the names and fields of all finished records, in their order, as a machine of this byte order writes
/// it: batches of records are taken apart by those only who know the same.
std::uint64_t recordLayout(std::endian order = std::endian::native);

/// The value of a field of a record that a batch carries: `word(n)` is its word n, read in the writer's byte order. A
/// batch has the records as they lie in memory, so that two narrow fields share a word.
template <typename Word>
std::uint64_t fieldOf(const RecordField& field, std::endian order, Word word) {
  const std::uint64_t value = word(field.offset / sizeof(std::uint64_t));
  if (field.size == sizeof value) return value;
  const bool first = field.offset % sizeof value == 0;
  return first == (order == std::endian::little) ? value & 0xffffffff : value >> 32U;
}

/// DescryRecordType, of the record's first word.
inline std::uint64_t typeOf(std::uint64_t word, std::endian order) {
  return order == std::endian::little ? word & 0xffffffff : word >> 32U;
}

/// A chain of a host_used record. `since`: no time of it is earlier, none 2^32 ns later. What the record says of all
/// its chains is left out.
descry_host_half wholeHalf(const descry_used_chain& chain, std::uint64_t since);
descry_host_half halfOf(const descry_host_used& used, std::uint32_t index, const descry_used_chain& chain);

/// Of a record as the probes hand it over, with the chains behind it.
std::size_t recordBytes(const std::byte* record);

constexpr std::size_t kWordsOfAUsedChain = sizeof(descry_used_chain) / sizeof(std::uint64_t);

/// Puts a value into a record, in the width the field has there.
void setField(Record& record, const RecordField& field, std::uint64_t value);

/// Looks at the record that was just read, `batch.records.back()`: losses go where readers of a trace put them.
void acceptRecord(const RecordShape& shape, Batch& batch);

}  // namespace descry
