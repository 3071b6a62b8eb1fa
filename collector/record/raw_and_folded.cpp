// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/raw_and_folded.hpp"

#include "collector/probes/records.h"

namespace descry {

#define DESCRY_NAME(name, fields) "descry:" #name,
#define DESCRY_SIZE(name, fields) \
  case Descry_##name:             \
    return sizeof(descry_##name);

std::vector<std::string> foldedEventNames() {
  return {"descry:records", DESCRY_FOLDED(DESCRY_NAME)};
}

std::vector<std::string> rawEventNames() {
  return {DESCRY_RAW(DESCRY_NAME)};
}

std::size_t recordBytes(std::uint32_t type) {
  switch (type) {
    DESCRY_FOLDED(DESCRY_SIZE)
    DESCRY_RAW(DESCRY_SIZE)
    default:
      return sizeof(DescryHeader);
  }
}

}  // namespace descry
