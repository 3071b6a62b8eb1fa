// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/raw_and_folded.hpp"

#include "collector/probes/records.h"

namespace descry {

#define DESCRY_NAME(name, fields) "descry:" #name,

std::vector<std::string> foldedEventNames() {
  return {"descry:records", DESCRY_FOLDED(DESCRY_NAME)};
}

std::vector<std::string> rawEventNames() {
  return {DESCRY_RAW(DESCRY_NAME)};
}

}  // namespace descry
