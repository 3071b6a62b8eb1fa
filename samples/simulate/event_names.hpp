// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "collector/event/event.hpp"

namespace descry::simulate {

/// `group:event` as a tracer with our own naming prints it; empty for kinds that the simulation has no use for.
std::string_view eventName(EventKind kind, std::uint8_t variant);
/// The fields as plain ftrace text prints them.
std::string fieldText(const Event& event);

}  // namespace descry::simulate
