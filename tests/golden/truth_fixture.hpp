// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/golden/reference_case.hpp"

namespace descry::golden {

/// Runs once per reference capture.
class Truth : public testing::TestWithParam<std::string> {
 protected:
  const ReferenceCase& reference() const { return ReferenceCase::named(GetParam()); }
  const nlohmann::json& truth() const { return reference().truth(); }
};

inline std::string caseName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace descry::golden

/// Instantiates a suite derived from Truth for every capture.
#define FOR_EVERY_CASE(Suite) \
  INSTANTIATE_TEST_SUITE_P(, Suite, testing::ValuesIn(descry::golden::ReferenceCase::names()), descry::golden::caseName)
