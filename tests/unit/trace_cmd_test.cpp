// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/trace_cmd.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "schemas/model/error.hpp"

namespace descry {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

/// The definitions that really recorded a guest of this kernel.
std::vector<std::string> recordedDefinitions(const std::string& name) {
  std::ifstream file(std::string(DESCRY_SOURCE_DIR "/samples/traces/") + name + "/case.json");
  return nlohmann::json::parse(file)["guest"]["event_definitions"].get<std::vector<std::string>>();
}

TEST(TraceCmd, DefinesWhatRecordedRealGuests) {
  const auto amd64 = kprobeDefinitions({Side::Guest, "6.12.107+deb13-amd64", "x86_64"});
  for (const std::string& line : recordedDefinitions("pci-blk")) EXPECT_THAT(amd64, Contains(line));
  const auto s390x = kprobeDefinitions({Side::Guest, "6.12", "s390x"});
  for (const std::string& line : recordedDefinitions("ccw-blk")) EXPECT_THAT(s390x, Contains(line));
}

TEST(TraceCmd, LeavesOutEntryArgumentsOfReturnsThatOldKernelsCannotCarry) {
  for (const std::string& line : kprobeDefinitions({Side::Guest, "6.1.0-50-s390x", "s390x"}))
    EXPECT_FALSE(line.starts_with("r10:") && line.find("$arg") != std::string::npos) << line;
}

TEST(TraceCmd, RefusesAKernelWhoseOffsetsAreNotKnown) {
  EXPECT_THROW(kprobeDefinitions({Side::Guest, "5.4.0", "x86_64"}), Error);
  EXPECT_THROW(kprobeDefinitions({Side::Guest, "6.13.1", "x86_64"}), Error);
}

TEST(TraceCmd, PrintsAScript) {
  const std::string script = traceCmdScript({Side::Host, "6.12", "x86_64"});
  EXPECT_THAT(script, StartsWith("#!/bin/sh\n"));
  EXPECT_THAT(script, HasSubstr("probe 'p:descry/add_used vhost_add_used_n"));
  EXPECT_THAT(script, HasSubstr("trace-cmd record -C mono $events"));
}

}  // namespace
}  // namespace descry
