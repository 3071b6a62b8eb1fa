// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/babeltrace/reader_version.hpp"

#include <babeltrace2/babeltrace.h>
#include <fmt/format.h>

namespace descry {

std::string traceReaderVersion() {
  return fmt::format("{}.{}.{}", bt_version_get_major(), bt_version_get_minor(), bt_version_get_patch());
}

}  // namespace descry
