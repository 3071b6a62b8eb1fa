// SPDX-License-Identifier: GPL-2.0-or-later
#include "collector/record/essential_points.hpp"

#include <gmock/gmock.h>

#include <set>

namespace descry {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Everything is attached but these.
std::vector<Coverage> without(std::span<const ProbePoint> points, const std::set<std::string_view>& missing) {
  std::vector<Coverage> coverage;
  for (const ProbePoint& point : points) {
    Coverage& row = coverage.emplace_back();
    row.point = &point;
    row.attachment = missing.contains(point.name) ? Attachment::Missing : Attachment::Fentry;
    if (row.attachment == Attachment::Missing) row.reason = "fexit: Invalid argument";
  }
  return coverage;
}

TEST(EssentialPoints, OfAHostAreFetchAndUsed) {
  EXPECT_THAT(lackOfEssentials(Side::Host, without(hostPoints(), {})), IsEmpty());
  EXPECT_THAT(lackOfEssentials(Side::Host, without(hostPoints(), {"doorbell seen", "interrupt sent", "fetch begins"})),
              IsEmpty());
  EXPECT_THAT(lackOfEssentials(Side::Host, without(hostPoints(), {"fetch ends"})),
              AllOf(HasSubstr("'fetch ends' is not attached"), HasSubstr("Invalid argument")));
  EXPECT_THAT(lackOfEssentials(Side::Host, without(hostPoints(), {"used published"})), HasSubstr("used published"));
}

TEST(EssentialPoints, OfAGuestAreOneWayToAddAndOneToReap) {
  EXPECT_THAT(lackOfEssentials(Side::Guest, without(guestPoints(), {"buffer returned (context)", "lists published"})),
              IsEmpty());
  EXPECT_THAT(lackOfEssentials(Side::Guest, without(guestPoints(), {"buffer returned", "buffer returned (context)"})),
              HasSubstr("which chains come back"));
  std::set<std::string_view> adds;
  for (const ProbePoint& point : guestPoints())
    if (std::string_view(point.name).find("published") != std::string_view::npos) adds.insert(point.name);
  EXPECT_EQ(adds.size(), 7U);
  EXPECT_THAT(lackOfEssentials(Side::Guest, without(guestPoints(), adds)), HasSubstr("which chains are added"));
  adds.erase("TX buffer published (mapped)");
  EXPECT_THAT(lackOfEssentials(Side::Guest, without(guestPoints(), adds)), IsEmpty());
}

TEST(EssentialPoints, ThatAreNotInTheListOfPointsAreMissing) {
  EXPECT_THAT(lackOfEssentials(Side::Host, {}), HasSubstr("fetch ends"));
}

TEST(EssentialPoints, WhatElseRecordsDependsOnWhoServes) {
  EXPECT_THAT(insteadOfProbes(without(hostPoints(), {"fetch ends"})), HasSubstr("--print-trace-cmd"));
  EXPECT_THAT(insteadOfProbes(without(qemuPoints(), {"QEMU: fetch ends"})),
              AllOf(HasSubstr("trace log"), Not(HasSubstr("--print-trace-cmd"))));
  EXPECT_THAT(insteadOfProbes(without(vhostUserPoints(), {"vhost-user: burst begins"})),
              AllOf(HasSubstr("descry-ust"), Not(HasSubstr("--print-trace-cmd"))));
}

TEST(EssentialPoints, AProgramThatIsProbedIsEnough) {
  EXPECT_THAT(lackOfEssentials(Side::Host, without(qemuPoints(), {})), IsEmpty());
  EXPECT_THAT(lackOfEssentials(Side::Host, without(qemuTracePoints(), {})), IsEmpty());
  EXPECT_THAT(lackOfEssentials(Side::Host, without(vhostUserPoints(), {})), IsEmpty());
  EXPECT_THAT(lackOfEssentials(Side::Host, without(vhostUserPoints(), {"vhost-user: fetch ends, used published"})),
              HasSubstr("which chains are fetched"));
}

}  // namespace
}  // namespace descry
