// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdexcept>

namespace descry {

/// Something in a CTF trace that the packet reader does not know or that is damaged: Babeltrace reads such a trace.
/// Thrown before the first event only.
class NotUnderstood : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace descry
