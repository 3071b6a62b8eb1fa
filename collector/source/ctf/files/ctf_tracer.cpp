// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/source/ctf/files/ctf_tracer.hpp"

namespace descry {

void describeTracer(TraceInfo& info, const std::function<std::optional<std::string>(const char*)>& environment) {
  info.hostName = environment("hostname");
  info.kernel = environment("kernel_release");
  info.tool = environment("tracer_name");
  const auto major = environment("tracer_major");
  if (!major || !info.tool) return;
  *info.tool += " " + *major;
  for (const char* part : {"tracer_minor", "tracer_patchlevel"})
    if (const auto number = environment(part)) *info.tool += "." + *number;
}

}  // namespace descry
