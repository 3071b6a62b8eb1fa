// SPDX-License-Identifier: GPL-2.0-or-later
// Programs with getters as DPDK's vhost library has them: the compiler says where the members are, the derivation must
// find them; and processes that run them.
#include "collector/vmm/vhost_user_layout.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>

#include "collector/vmm/vhost_user_backends.hpp"
#include "schemas/model/error.hpp"
#include "schemas/system/temporary_folder.hpp"
#include "tests/unit/error_of.hpp"
#include "tests/unit/running_program.hpp"

namespace plain {
#include "tests/unit/vhost_user_like.h"
}
#undef DESCRY_TESTS_VHOST_USER_LIKE_H
#undef PADDING
#undef MOST_DEVICES
#undef MOST_QUEUES
#define PADDING 1
namespace padded {
#include "tests/unit/vhost_user_like.h"
}

namespace descry {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

#define EXPECT_LAYOUT(layout, source)                                               \
  EXPECT_EQ((layout).deviceMemory, offsetof(source::virtio_net, mem));              \
  EXPECT_EQ((layout).deviceFeatures, offsetof(source::virtio_net, features));       \
  EXPECT_EQ((layout).deviceQueues, offsetof(source::virtio_net, virtqueue));        \
  EXPECT_EQ((layout).desc, offsetof(source::vhost_virtqueue, desc));                \
  EXPECT_EQ((layout).avail, offsetof(source::vhost_virtqueue, avail));              \
  EXPECT_EQ((layout).used, offsetof(source::vhost_virtqueue, used));                \
  EXPECT_EQ((layout).ringSize, offsetof(source::vhost_virtqueue, size));            \
  EXPECT_EQ((layout).lastAvail, offsetof(source::vhost_virtqueue, last_avail_idx)); \
  EXPECT_EQ((layout).lastUsed, offsetof(source::vhost_virtqueue, last_used_idx));   \
  EXPECT_EQ((layout).callFd, offsetof(source::vhost_virtqueue, callfd))

TEST(VhostUserLayoutTest, GettersSayWhereTheMembersAre) {
  EXPECT_LAYOUT(deriveVhostUserLayout(ProgramFile(VHOST_USER_LIKE)), plain);
}

TEST(VhostUserLayoutTest, AnotherVersionHasThemElsewhere) {
  EXPECT_LAYOUT(deriveVhostUserLayout(ProgramFile(VHOST_USER_LIKE_PADDED)), padded);
}

TEST(VhostUserLayoutTest, WhatIsMissingOrCannotBeRightIsSaid) {
  EXPECT_THAT(errorOf([] { deriveVhostUserLayout(ProgramFile("/bin/sleep")); }),
              HasSubstr("does not export rte_vhost_get_negotiated_features"));
  EXPECT_THAT(errorOf([] { deriveVhostUserLayout(ProgramFile(VHOST_USER_LIKE_IMPLAUSIBLE)); }),
              HasSubstr("members of a queue do not come in the order of the source"));
  EXPECT_THAT(errorOf([] { deriveVhostUserLayout(ProgramFile(VHOST_USER_LIKE_ITSELF)); }),
              HasSubstr("does not export rte_vhost_get_vhost_vring"));
}

class VhostUserBackendsTest : public testing::Test {
 protected:
  void SetUp() override {
    // Files that a process has mapped are open to root alone.
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
  }
  fs::path path(const char* name) const { return fs::canonical(m_folder.path()) / name; }

  TemporaryFolder m_folder{"vhost-user-backends", fs::temp_directory_path()};
};

TEST_F(VhostUserBackendsTest, ASwitchWithTheLibraryInsideIsFoundByItsName) {
  const RunningProgram program(VHOST_USER_LIKE, path("dpdk-testpmd")), other(VHOST_USER_LIKE, path("another"));
  const auto all = runningVhostUserBackends();
  const auto found = std::ranges::find(all, program.pid(), &VhostUserBackend::pid);
  ASSERT_NE(found, all.end());
  EXPECT_THAT(found->refusal, IsEmpty());
  EXPECT_THAT(found->bursts, SizeIs(1));
  EXPECT_TRUE(found->eventfdWrite);
  EXPECT_FALSE(found->replaced);
  EXPECT_EQ(std::ranges::find(all, other.pid(), &VhostUserBackend::pid), all.end());
}

TEST_F(VhostUserBackendsTest, OneThatRunsOnAfterItsProgramWasReplacedIsExaminedAsItRuns) {
  const RunningProgram program(VHOST_USER_LIKE, path("ovs-vswitchd"));
  fs::remove(path("ovs-vswitchd"));
  fs::copy_file("/bin/sleep", path("ovs-vswitchd"));
  const VhostUserBackend backend = vhostUserBackend(program.pid());
  EXPECT_THAT(backend.refusal, IsEmpty());
  EXPECT_TRUE(backend.replaced);
  EXPECT_EQ(backend.layout, deriveVhostUserLayout(ProgramFile(VHOST_USER_LIKE)));
}

TEST_F(VhostUserBackendsTest, WhatKeepsOneFromBeingProbedIsSaid) {
  const RunningProgram without("/bin/sleep", path("vhost")), itself(VHOST_USER_LIKE_ITSELF, path("spdk_tgt"));
  EXPECT_THAT(vhostUserBackend(without.pid()).refusal, HasSubstr("has no function rte_vhost_dequeue_burst"));
  EXPECT_THAT(vhostUserBackend(itself.pid()).refusal, HasSubstr("has no function rte_vhost_dequeue_burst"));
  EXPECT_THAT(errorOf([] { vhostUserBackend(0x7ffffff0); }), HasSubstr("there is no process"));
}

}  // namespace
}  // namespace descry
