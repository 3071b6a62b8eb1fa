// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

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
  std::span<const RecordField> fields;  ///< without the header, but for its time `ns`
};

/// Nothing if the provider has no finished record of this name (it may have a hit of it).
const RecordShape* findRecord(std::string_view name);

/// The same by its DescryRecordType; hits have no shape either.
const RecordShape* recordOfType(std::uint64_t type);

/// A number over the names and fields of all finished records, in their order: batches of records are taken apart by
/// those only who know the same.
std::uint64_t recordLayout();

/// Of the largest record, rounded up.
constexpr std::size_t kMostNumbersOfARecord = 64;

/// Writes `records`, of one type and one behind the other, as batches carry them. There has to be room for
/// kMostNumbersOfARecord of each. Returns how many numbers that took; 0 when batches carry no such records.
std::size_t putNumbers(std::span<const std::byte> records, std::uint64_t* numbers);

/// Puts a value into a record, in the width the field has there.
void setField(Record& record, const RecordField& field, std::uint64_t value);

/// Looks at the record that was just read, `batch.records.back()`: short ones become whole, losses go where readers of
/// a trace put them.
void acceptRecord(const RecordShape& shape, Batch& batch);

}  // namespace descry
