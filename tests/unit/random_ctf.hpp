// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <filesystem>

namespace descry {

/// Writes a CTF 1.8 trace into `directory` whose types, byte orders, alignments, headers and values are drawn from
/// `seed`: events that we decode among fields that we do not, contexts, variants, sequences, texts, discarded events
/// and lost packets. Written bit by bit from the specification, with nothing of the readers in it.
void writeRandomCtf(const std::filesystem::path& directory, std::uint32_t seed);

}  // namespace descry
