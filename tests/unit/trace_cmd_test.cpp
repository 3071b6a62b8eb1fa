// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/trace_cmd.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "schemas/model/error.hpp"

namespace descry {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// The definitions that really recorded a guest of this kernel.
std::vector<std::string> recordedDefinitions(const std::string& name) {
  std::ifstream file(std::string(DESCRY_SOURCE_DIR "/samples/traces/") + name + "/case.json");
  return nlohmann::json::parse(file)["guest"]["event_definitions"].get<std::vector<std::string>>();
}

std::vector<std::string> textsOf(const TraceCmdOptions& options) {
  std::vector<std::string> texts;
  for (const KprobeDefinition& definition : kprobeDefinitions(options)) texts.push_back(definition.text);
  return texts;
}

/// The structures and functions of a kernel of Debian, cut out of its BTF by tests/data/btf/reduce.py.
KernelOffsets fromBtf(const std::string& series) {
  return offsetsFrom(KernelBtf({DESCRY_SOURCE_DIR "/tests/data/btf/" + series + "-amd64.btf"}), series);
}

TEST(TraceCmd, DefinesWhatRecordedRealGuests) {
  const auto amd64 = textsOf({Side::Guest, "6.12.107+deb13-amd64", "x86_64", {}});
  for (const std::string& line : recordedDefinitions("pci-blk")) EXPECT_THAT(amd64, Contains(line));
  const auto s390x = textsOf({Side::Guest, "6.12", "s390x", {}});
  for (const std::string& line : recordedDefinitions("ccw-blk")) EXPECT_THAT(s390x, Contains(line));
}

TEST(TraceCmd, LeavesOutEntryArgumentsOfReturnsThatOldKernelsCannotCarry) {
  for (const std::string& line : textsOf({Side::Guest, "6.1.0-50-s390x", "s390x", {}}))
    EXPECT_FALSE(line.starts_with("r10:") && line.find("$arg") != std::string::npos) << line;
}

TEST(TraceCmd, RefusesAKernelWhoseOffsetsAreNotKnown) {
  EXPECT_THROW(kprobeDefinitions({Side::Guest, "5.4.0", "x86_64", {}}), Error);
  EXPECT_THROW(kprobeDefinitions({Side::Guest, "6.13.1", "x86_64", {}}), Error);
}

TEST(TraceCmd, HasNoOffsetsOfAnotherDistribution) {
  for (const char* release : {"6.12", "6.12.107+deb13-amd64", "6.1.0-50-s390x", "6.12.95+deb12-cloud-arm64"})
    EXPECT_TRUE(offsetsOf(release)) << release;
  for (const char* release : {"6.12.0-55.el10.x86_64", "6.1.0-50-rt-amd64", "6.12.107", "6.1.158-1-amzn2023", "6.120",
                              "6", "", "6.12-amd64", "6.12.107+deb13-amd64; reboot"})
    EXPECT_FALSE(offsetsOf(release)) << release;
  EXPECT_THROW(kprobeDefinitions({Side::Guest, "6.12.0-55.el10.x86_64", "x86_64", {}}), Error);
}

TEST(TraceCmd, TakesOffsetsFromBtf) {
  // The tables were worked out by hand, before there was a reader of BTF.
  for (const char* series : {"6.1", "6.12", "6.18", "7.3"}) {
    EXPECT_EQ(fromBtf(series), offsetsOf(series)) << series;
    const TraceCmdOptions other{Side::Host, "6.12.0-55.el10.x86_64", "x86_64", fromBtf(series)};
    EXPECT_EQ(textsOf(other), textsOf({Side::Host, series, "x86_64", {}}));
  }
}

TEST(TraceCmd, FollowsVhostsFunctions) {
  const std::string used = "p:descry/add_used vhost_add_used_n vq=$arg1:x64 used=+";
  EXPECT_THAT(textsOf({Side::Host, "6.12", "x86_64", {}}),
              Contains(AllOf(StartsWith(used), HasSubstr("count=$arg3:"))));
  for (const char* series : {"6.18", "7.2"})  // a list of how many descriptors each took came in between in 6.17
    EXPECT_THAT(textsOf({Side::Host, series, "x86_64", {}}),
                Contains(AllOf(StartsWith(used), HasSubstr("count=$arg4:"))));
  EXPECT_THAT(textsOf({Side::Host, "6.12", "x86_64", {}}),
              Contains(StartsWith("p:descry/get_desc vhost_get_vq_desc ")));
  EXPECT_THAT(textsOf({Side::Host, "6.18", "x86_64", {}}),
              Contains(StartsWith("p:descry/get_desc vhost_get_vq_desc_n ")));
}

TEST(TraceCmd, RefusesBtfWithoutTheSideAndFilesThatAreNone) {
  EXPECT_THROW(KernelBtf({DESCRY_SOURCE_DIR "/tests/data/btf/reduce.py"}), Error);
  EXPECT_THROW(KernelBtf({DESCRY_SOURCE_DIR "/no/such/file"}), Error);
  KernelOffsets guestAlone = fromBtf("6.12");
  guestAlone.vhostLastAvail = 0;
  EXPECT_THROW(kprobeDefinitions({Side::Host, "6.6", "x86_64", guestAlone}), Error);
  EXPECT_NO_THROW(kprobeDefinitions({Side::Guest, "6.6", "x86_64", guestAlone}));
}

TEST(TraceCmd, SeesEveryDoorbellOfATransport) {
  const auto notifies = [](const char* architecture) {
    std::vector<std::string> functions;
    for (const std::string& text : textsOf({Side::Guest, "6.12", architecture, {}}))
      if (text.starts_with("p:descry/notify ")) functions.push_back(text.substr(16, text.find(" dev=") - 16));
    return functions;
  };
  EXPECT_THAT(notifies("aarch64"), ElementsAre("vp_notify", "vp_notify_with_data", "vm_notify", "vm_notify_with_data"));
  EXPECT_THAT(notifies("s390x"), Contains("virtio_ccw_kvm_notify_with_data"));
}

TEST(TraceCmd, TakesNothingThatAShellWouldObey) {
  for (const char* word : {"6.12.107+deb13-amd64", "6.1.0-18-amd64", "5.14.0-427.el9.x86_64", "s390x", "6.6.9~bpo12"})
    EXPECT_TRUE(isUnameWord(word)) << word;
  for (const char* word : {"", "6.12\ntouch x", "6.12; id", "$(id)", "6.12'", "6.12 x", "../x", "6.1\u00e4"})
    EXPECT_FALSE(isUnameWord(word)) << word;
  EXPECT_FALSE(isUnameWord(std::string(65, 'a')));
  EXPECT_THROW(traceCmdScript({Side::Guest, "6.12\ntouch x", "x86_64"}), Error);
  EXPECT_THROW(traceCmdScript({Side::Guest, "6.12", "x86_64\ntouch x"}), Error);
}

TEST(TraceCmd, PrintsAScript) {
  const std::string script = traceCmdScript({Side::Host, "6.12", "x86_64", {}});
  EXPECT_THAT(script, StartsWith("#!/bin/sh\n"));
  EXPECT_THAT(script, HasSubstr("probe 'p:descry/add_used vhost_add_used_n"));
  EXPECT_THAT(script, HasSubstr("trace-cmd record -C mono $events"));
}

}  // namespace
}  // namespace descry
