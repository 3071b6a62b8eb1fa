// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

namespace descry::property {

/// What does not hold, in words; empty when everything does. At most a few of each kind.
using Failures = std::vector<std::string>;

class FailureList {
 public:
  template <typename... Arguments>
  void expect(bool holds, fmt::format_string<Arguments...> text, Arguments&&... arguments) {
    constexpr std::size_t kMostShown = 5;
    if (holds || m_failures.size() >= kMostShown) return;
    m_failures.push_back(fmt::format(text, std::forward<Arguments>(arguments)...));
  }
  Failures take() { return std::move(m_failures); }

 private:
  Failures m_failures;
};

}  // namespace descry::property
