// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "schemas/model/error.hpp"

namespace descry {

/// The message of the Error that `action` throws, or "no error".
template <typename Action>
std::string errorOf(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace descry
