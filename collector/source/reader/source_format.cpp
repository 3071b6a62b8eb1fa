// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/reader/source_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace descry {

std::string firstBytes(const std::filesystem::path& file, std::size_t bytes) {
  std::ifstream stream(file, std::ios::binary);
  std::string start(bytes, '\0');
  stream.read(start.data(), static_cast<std::streamsize>(bytes));
  start.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, stream.gcount())));
  return start;
}

Ns turnBack(Ns ns, Ns last, Batch& batch) {
  batch.anomalies.push_back(
      {"time-went-back", ns,
       fmt::format("an event is {} ns older than the one before it in its own stream; it is moved "
                   "to that one's time",
                   static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(ns))});
  return last;
}

SourceAnomaly clockNotNs(Ns first, std::string_view how) {
  return {"clock-not-ns", first,
          fmt::format("the trace clock does not count nanoseconds ({}), so no duration can be trusted: record with "
                      "`trace-cmd record -C mono`, or give the clock's frequency as \"tsc_khz\" in a facts file",
                      how),
          Doubt::Error};
}

}  // namespace descry
