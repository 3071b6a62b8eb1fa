// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "collector/event/event.hpp"
#include "schemas/model/words.hpp"

namespace descry {

/// Which side events of this kind come from; nothing when they can come from both.
constexpr std::optional<Side> sideOf(EventKind kind) {
  if (kind >= EventKind::GuestAdd && kind <= EventKind::GuestMarker) return Side::Guest;
  if (kind >= EventKind::VhostOwner && kind <= EventKind::QemuPciNotify) return Side::Host;
  return std::nullopt;
}

}  // namespace descry
