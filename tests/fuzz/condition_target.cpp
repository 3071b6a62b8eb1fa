// SPDX-License-Identifier: GPL-2.0-or-later
// A condition as people type it.
#include <string_view>

#include "schemas/condition/condition.hpp"
#include "schemas/model/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  try {
    descry::parseCondition(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const descry::Error&) {
  }
  return 0;
}
