// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace descry {

/// Bytes of "4G", "4096 MiB", "16777216 kB": k, M, G and T are powers of 1024, as QEMU, libvirt and the kernel mean
/// them; `unit` is that of a number without one ("" for bytes). Nothing where it is not a size.
std::optional<std::int64_t> memorySize(std::string_view text, std::string_view unit);

}  // namespace descry
