// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "analyzer/finding/finding.hpp"
#include "schemas/text/quantity.hpp"

namespace descry {

/// Fewer requests, mappings or misses than this prove nothing.
inline constexpr std::int64_t kSmallestSample = 20;

/// "the host was not recorded" or "the guest was not recorded" where a target has no such side, else nothing.
std::string lacksHost(const Target& target);
std::string lacksGuest(const Target& target);

/// "7 <what> were seen, 20 are needed" where there are fewer, else nothing.
std::string lacksSample(std::int64_t seen, std::string_view what, std::int64_t needed = kSmallestSample);

/// The first that is not empty.
std::string firstOf(std::initializer_list<std::string> reasons);

/// " A replay of ... without <what> predicts ..." from the columns predicted_... and replayed_...; nothing where there
/// was no replay, or where the gain is less than 5 % or 1 us.
std::string predictedGain(const Evidence& evidence, std::string_view what);

/// "12.3 %" of 12.3, as the SQL rounds it.
std::string percent(double value);

/// How to turn a knob in the VMM or the guest of this case, for a sentence. `then` follows where it is possible.
std::string turn(const Target& target, Knob knob, std::string_view value = "", std::string_view then = "");

/// The same for the one line of what to do: "<purpose>: -device ...".
std::string turnLine(std::string_view purpose, const Target& target, Knob knob, std::string_view value = "");

/// The size of which rings of a device: receive, transmit, or all.
Knob ringSizeOf(const Target& target);

}  // namespace descry
