// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "analyzer/cli/cli.hpp"
#include "schemas/condition/condition.hpp"

namespace descry::cli {

/// Parses what was typed after an option. A ConditionError becomes a UsageError that shows where it is.
template <typename Parse>
auto parsed(const char* option, const std::string& text, Parse&& parse) {
  try {
    return parse(text);
  } catch (const ConditionError& error) {
    const std::size_t length = std::max<std::size_t>(1, error.length());
    throw UsageError(fmt::format("{}: {}\n  {}\n  {:>{}}", option, error.what(), text, std::string(length, '^'),
                                 error.at() + length));
  }
}

}  // namespace descry::cli
